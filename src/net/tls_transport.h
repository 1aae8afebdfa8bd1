// The bytes of a connection that has shaken hands, through TLS.
// Promise:   one SSL record for what a turn of the connection says, up to 16 KiB; several pieces cost one copy.
// Memory:    an idle connection keeps no record buffers.
// Ownership: owns the TLS state; borrows the descriptor. Says goodbye (close_notify) when destroyed.
#pragma once

#include <memory>
#include <optional>

#include "net/transport.h"

struct ssl_st;  // OpenSSL's SSL

namespace viaduct::net {

struct SslDeleter {
  void operator()(ssl_st* ssl) const;
};
using SslHandle = std::unique_ptr<ssl_st, SslDeleter>;

// Lets `ssl` read and write the descriptor, which does not block; never raises SIGPIPE.
void attach_descriptor(ssl_st& ssl, int descriptor);

class TlsTransport final : public Transport {
 public:
  TlsTransport(SslHandle ssl, int descriptor);  // the end of the handshake may have brought some of HTTP along
  ~TlsTransport() override;

  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> from) override;
  void end_output() override;
  bool has_input() const override { return has_more_ || outcome_.has_value(); }

 private:
  IoStatus read_some(std::span<char> into, size_t& got);
  IoStatus write_record(std::span<const char> bytes, size_t& sent);
  IoStatus status_after(int returned);
  void say_goodbye();

  SslHandle ssl_;
  const int descriptor_;
  bool has_more_;                    // taken from the socket and not yet given to our reader
  std::optional<IoStatus> outcome_;  // of reading; told after the bytes before it
  size_t repeat_bytes_ = 0;          // of the record under way, which must be offered again as it was
  bool failed_ = false;
  bool said_goodbye_ = false;
};

}  // namespace viaduct::net
