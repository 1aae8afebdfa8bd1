#include "net/tls_transport.h"

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

constexpr size_t kRecordBytes = 16 << 10;  // RFC 8446, 5.1

// Walks over gathered output and gives it out in records.
class RecordCutter {
 public:
  explicit RecordCutter(std::span<const iovec> pieces) : pieces_(pieces) {}

  // The next record: in place where one piece fills it or is the last, else copied together.
  std::span<const char> next() const {
    if (pieces_.empty()) return {};
    const std::span<const char> first = rest_of_first();
    if (first.size() >= kRecordBytes) return first.first(kRecordBytes);
    if (pieces_.size() == 1) return first;
    static thread_local std::vector<char> copy(kRecordBytes);  // not in every thread, only where it is needed
    size_t filled = append(copy, 0, first);
    for (size_t i = 1; i < pieces_.size() && filled < copy.size(); ++i) {
      filled = append(copy, filled, {static_cast<const char*>(pieces_[i].iov_base), pieces_[i].iov_len});
    }
    return {copy.data(), filled};
  }

  void advance(size_t bytes) {
    while (!pieces_.empty() && bytes >= pieces_.front().iov_len - used_) {
      bytes -= pieces_.front().iov_len - used_;
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
    used_ += bytes;
  }

 private:
  std::span<const char> rest_of_first() const {
    return {static_cast<const char*>(pieces_.front().iov_base) + used_, pieces_.front().iov_len - used_};
  }

  static size_t append(std::span<char> copy, size_t filled, std::span<const char> piece) {
    const size_t bytes = std::min(copy.size() - filled, piece.size());
    std::memcpy(copy.data() + filled, piece.data(), bytes);
    return filled + bytes;
  }

  std::span<const iovec> pieces_;
  size_t used_ = 0;  // of the first piece
};

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsTransport::TlsTransport(SslHandle ssl, int descriptor)
    : ssl_(std::move(ssl)), descriptor_(descriptor), has_more_(SSL_has_pending(ssl_.get()) == 1) {}

TlsTransport::~TlsTransport() { say_goodbye(); }

// A socket that takes nothing now is closed without: there is nobody to wait for it.
void TlsTransport::say_goodbye() {
  if (failed_ || said_goodbye_) return;
  said_goodbye_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

IoStatus TlsTransport::status_after(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return IoStatus::kWouldBlock;
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::kEnd;
    default:
      failed_ = true;
      ERR_clear_error();
      return IoStatus::kFailed;
  }
}

IoStatus TlsTransport::read_some(std::span<char> into, size_t& got) {
  ERR_clear_error();  // what another connection of this thread left there would be taken for ours
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  return returned == 1 ? IoStatus::kOk : status_after(returned);
}

// OpenSSL may hold what the socket no longer tells us about: everything is read out, or we remember that it is not.
IoResult TlsTransport::read(std::span<char> into) {
  if (outcome_) return {*outcome_};
  size_t filled = 0;
  do {
    size_t got = 0;
    const IoStatus status = read_some(into.subspan(filled), got);
    filled += got;
    if (status == IoStatus::kEnd || status == IoStatus::kFailed) outcome_ = status;
    if (status != IoStatus::kOk) {
      has_more_ = false;
      return filled > 0 ? IoResult{IoStatus::kOk, filled} : IoResult{status};
    }
    has_more_ = SSL_has_pending(ssl_.get()) == 1;
  } while (has_more_ && filled < into.size());
  return {IoStatus::kOk, filled};
}

IoStatus TlsTransport::write_record(std::span<const char> bytes, size_t& sent) {
  ERR_clear_error();
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (returned == 1) return IoStatus::kOk;
  const IoStatus status = status_after(returned);
  return status == IoStatus::kWantsWrite ? IoStatus::kWouldBlock : status;
}

IoResult TlsTransport::write(std::span<const iovec> from) {
  RecordCutter records(from);
  size_t written = 0;
  for (std::span<const char> record = records.next(); !record.empty(); record = records.next()) {
    if (repeat_bytes_ > 0) {  // encrypted already: OpenSSL wants to see the same bytes again, and no others
      assert(record.size() >= repeat_bytes_);
      record = record.first(repeat_bytes_);
    }
    size_t sent = 0;
    const IoStatus status = write_record(record, sent);
    if (status != IoStatus::kOk) {
      repeat_bytes_ = status == IoStatus::kWouldBlock ? record.size() : 0;
      return written > 0 ? IoResult{IoStatus::kOk, written} : IoResult{status};
    }
    repeat_bytes_ = 0;
    written += sent;
    records.advance(sent);
  }
  return {IoStatus::kOk, written};
}

void TlsTransport::end_output() {
  say_goodbye();
  shutdown(descriptor_, SHUT_WR);
}

}  // namespace viaduct::net
