// Certificates for the links between members: an authority, and one certificate that all of them present. Made by the
// openssl command.
#pragma once

#include <string>
#include <vector>

namespace viaduct::cluster_test {

class PeerCertificates {
 public:
  // Throws std::runtime_error when openssl is not there.
  explicit PeerCertificates(std::string directory);

  std::vector<std::string> flags() const;  // for every member
  void renew();                            // another key and certificate in the same files, by the same authority

 private:
  void run(const std::string& command) const;

  std::string directory_;
  int serial_ = 0;
};

}  // namespace viaduct::cluster_test
