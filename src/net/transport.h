// The bytes of one connection, between codec and socket: plain, or TLS. Never blocks.
// Ownership: borrows the descriptor, whose owner also waits for it to become ready.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

namespace viaduct::net {

enum class IoStatus {
  kOk,          // `bytes` were moved, at least one
  kWouldBlock,  // try again when the descriptor is ready
  kWantsWrite,  // of a read: try again when it can be written to
  kEnd,         // the peer will send no more
  kFailed,      // the connection is broken
};

struct IoResult {
  IoStatus status;
  size_t bytes = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult read(std::span<char> into) = 0;
  virtual IoResult write(std::span<const iovec> from) = 0;
  virtual void end_output() = 0;  // tells the peer that no more will come
  // There is something to read that the descriptor does not know of: read it without waiting.
  virtual bool has_input() const { return false; }
};

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int descriptor) : descriptor_(descriptor) {}
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> from) override;
  void end_output() override;

 private:
  int descriptor_;
};

}  // namespace viaduct::net
