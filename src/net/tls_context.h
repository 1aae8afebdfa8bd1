// A listener's side of TLS: its certificate, whom it trusts, whom it refuses.
// Rotation:  files are looked at for each new connection and read again when they have changed. While the new ones make
//            no sense the connection gets the old ones, and the log says so once. A revocation list that cannot be read
//            is another matter: nobody with a certificate is let in until it can be (as with etcd).
// Threads:   any. Ownership: shared by the listener and its connections.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/tls_files.h"
#include "net/tls_identity.h"
#include "net/tls_revocation.h"
#include "net/tls_settings.h"
#include "net/tls_transport.h"

struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace viaduct::net {

// What a handshake has found out about a client.
struct TlsVisit {
  std::optional<TlsIdentity> identity;  // when it has shown a certificate
  std::string refusal;                  // why that was not accepted
};

class TlsContext {
 public:
  // Errors: as of check_tls_settings().
  static Result<std::shared_ptr<TlsContext>> open(const TlsSettings& settings);

  const TlsSettings& settings() const { return settings_; }

  // The TLS state of a connection that is about to shake hands. `visit` is filled meanwhile.
  SslHandle new_connection(TlsVisit& visit);

  // Null: there is no list. The error is that of the file.
  Result<std::shared_ptr<const RevocationList>> revocations();
  // Another number whenever there may be another list.
  uint64_t revocations_generation();

 private:
  explicit TlsContext(const TlsSettings& settings);
  Result<void> load();
  void load_revocations();
  static int verify(x509_store_ctx_st* verification, void* context);

  const TlsSettings settings_;
  std::mutex mutex_;  // guards what follows
  WatchedFiles files_;
  WatchedFiles revocation_file_;
  std::shared_ptr<ssl_ctx_st> current_;  // its connections hold on to it, too
  Result<std::shared_ptr<const RevocationList>> revocations_;
  uint64_t revocations_generation_ = 0;
};

}  // namespace viaduct::net
