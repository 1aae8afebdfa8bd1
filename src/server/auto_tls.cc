#include "server/auto_tls.h"

#include "base/log.h"
#include "net/tls_self_signed.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kPemBytes = 64 << 10;

Result<void> make_directories(Disk& disk, const std::string& directory) {
  const std::string parent = directory.substr(0, directory.rfind('/'));
  for (const std::string& path : {parent, directory}) {
    if (auto made = disk.create_directory(path); !made && made.error().code != Code::kAlreadyExists) return made;
    VIADUCT_TRY(disk.sync_directory(path.substr(0, path.rfind('/'))));
  }
  return {};
}

Result<void> write_file(Disk& disk, const std::string& path, const std::string& content) {
  if (auto removed = disk.remove(path); !removed && removed.error().code != Code::kNotFound) return removed;
  VIADUCT_TRY_ASSIGN(file, disk.open(path, OpenMode::kCreate));
  VIADUCT_TRY(file->write_at(0, content));
  return file->sync();
}

bool can_be_used(Disk& disk, const net::TlsSettings& settings, int64_t now_s) {
  const auto certificate = read_file(disk, settings.cert_file, kPemBytes);
  if (!certificate) return false;
  const auto end_s = net::certificate_end_s(*certificate);
  net::TlsSettings pair;
  pair.cert_file = settings.cert_file;
  pair.key_file = settings.key_file;
  return end_s && *end_s > now_s && net::check_tls_settings(pair);
}

}  // namespace

Result<void> provide_self_signed(Disk& disk, const Clock& clock, const std::string& directory,
                                 const std::vector<std::string>& hosts, uint32_t years, net::TlsSettings& settings) {
  settings.cert_file = directory + "/cert.pem";
  settings.key_file = directory + "/key.pem";
  const int64_t now_s = clock.wall_ns() / 1'000'000'000;
  if (can_be_used(disk, settings, now_s)) return {};
  VIADUCT_TRY(make_directories(disk, directory));
  VIADUCT_TRY_ASSIGN(made, net::make_self_signed(hosts, now_s, years));
  VIADUCT_TRY(write_file(disk, settings.key_file, made.key_pem));
  VIADUCT_TRY(write_file(disk, settings.cert_file, made.cert_pem));
  VIADUCT_TRY(disk.sync_directory(directory));
  log::info("made a self-signed certificate", {{"cert", settings.cert_file}});
  return {};
}

}  // namespace viaduct::server
