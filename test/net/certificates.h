// Certificates of all kinds, made in a moment, for tests of TLS.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace viaduct::net {

struct CertificateRequest {
  std::string common_name = {};
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  long serial = 1;
  int first_day = -1;  // of validity, counted from today
  int last_day = 30;
  std::string extended_key_usage = "serverAuth,clientAuth";
};

// A certificate and its key as files.
struct PairFiles {
  std::string cert_file;
  std::string key_file;
};

class TestAuthority {
 public:
  // Keeps its files in `directory`, which must exist and outlive it.
  TestAuthority(std::string directory, std::string name);
  ~TestAuthority();

  const std::string& ca_file() const { return ca_file_; }
  // Writes NAME.pem and NAME.key there, over what is there already.
  PairFiles issue(const std::string& name, const CertificateRequest& request);
  // A list in PEM or DER; returns its path.
  std::string revoke(const std::string& name, const std::vector<long>& serials, bool der = false);

 private:
  struct Keys;
  std::string path(const std::string& file) const { return directory_ + "/" + file; }

  const std::string directory_;
  const std::string name_;
  std::string ca_file_;
  std::unique_ptr<Keys> keys_;
};

void write_text(const std::string& path, const std::string& content);
std::string read_text(const std::string& path);

}  // namespace viaduct::net
