// The other side of a TLS connection, set up as a dialling member is, with its bytes in the test's hands.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls_settings.h"
#include "test/net/server_harness.h"

namespace viaduct::net {

struct TlsPeerOptions {
  TlsSettings settings;
  std::string server_name = "127.0.0.1";
  std::vector<std::string> protocols = {};  // ALPN
  size_t fragment_bytes = 0;                // of what goes to the server; 0: all at once
};

class TlsPeer {
 public:
  TlsPeer(const std::string& address, const TlsPeerOptions& options);
  ~TlsPeer();

  bool shake_hands();  // false: see error()
  bool send(std::string_view bytes);
  std::string read_some();    // decrypted; empty at the end
  std::string read_reply();   // head and Content-Length body; what there was if the server ends it before
  std::string read_to_end();  // until the server closes
  std::string get(const std::string& target);
  std::string take_first_flight();  // of the handshake, not sent

  std::string error() const;  // what TLS has to say about a failure
  std::string protocol() const;
  std::string cipher() const;
  std::string version() const;
  long server_serial() const;
  bool got_ticket() const;  // the session could be taken up again
  Client& socket() { return socket_; }

 private:
  struct State;
  bool pump();  // sends what there is to send, then reads some; false at the end
  void flush();

  Client socket_;
  const size_t fragment_bytes_;
  std::unique_ptr<State> state_;
  std::string read_;  // decrypted, not taken
};

}  // namespace viaduct::net
