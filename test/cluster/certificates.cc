#include "test/cluster/certificates.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace viaduct::cluster_test {

PeerCertificates::PeerCertificates(std::string directory) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  std::ofstream(directory_ + "/extensions") << "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n";
  run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /CN=authority "
      "-keyout authority-key.pem -out authority.pem");
  renew();
}

std::vector<std::string> PeerCertificates::flags() const {
  return {"--peer-cert-file=" + directory_ + "/member.pem", "--peer-key-file=" + directory_ + "/member-key.pem",
          "--peer-trusted-ca-file=" + directory_ + "/authority.pem", "--peer-client-cert-auth"};
}

void PeerCertificates::renew() {
  run("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=member -keyout new-key.pem -out new.csr");
  run("x509 -req -in new.csr -CA authority.pem -CAkey authority-key.pem -set_serial " + std::to_string(++serial_) +
      " -days 10 -extfile extensions -out new.pem");
  // Whoever reads in between has a key that does not fit and tries again at the next handshake.
  std::filesystem::rename(directory_ + "/new-key.pem", directory_ + "/member-key.pem");
  std::filesystem::rename(directory_ + "/new.pem", directory_ + "/member.pem");
}

void PeerCertificates::run(const std::string& command) const {
  if (std::system(("cd '" + directory_ + "' && openssl " + command + " >openssl.log 2>&1").c_str()) != 0) {
    throw std::runtime_error("openssl fails, see " + directory_ + "/openssl.log");
  }
}

}  // namespace viaduct::cluster_test
