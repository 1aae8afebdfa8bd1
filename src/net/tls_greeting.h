// What comes before HTTP on a connection of a listener with TLS: on a port for both, the first byte decides; then the
// handshake; then, for members, whether the certificate fits the address that it comes from.
// Promise:   at most so many handshakes of one listener are under way, each within its time; what is refused is counted
//            and, as far as the log's budget goes, logged as etcd does (operations.md 3.7).
// Ownership: borrows the descriptor, counters and clock; shares the listener's door.
// Threads:   its connection's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/admission.h"
#include "net/counters.h"
#include "net/limits.h"
#include "net/line_budget.h"
#include "net/peer_address.h"
#include "net/protocol.h"
#include "net/request.h"
#include "net/time_point.h"
#include "net/tls_context.h"
#include "net/tls_name_lookup.h"
#include "net/transport.h"

namespace viaduct::net {

// What all connections of a listener with TLS share.
struct TlsDoor {
  TlsDoor(std::shared_ptr<TlsContext> with, size_t max_handshakes, bool plain_too)
      : context(std::move(with)), handshakes(max_handshakes, 0), also_plain(plain_too) {}

  const std::shared_ptr<TlsContext> context;
  const Admission handshakes;  // under way
  const bool also_plain;       // http:// is served on this port, too
  LineBudget refusal_lines{20};
};

// A client that was let in with a certificate.
struct TlsVisitor {
  std::string common_name;
  std::vector<std::string> serials;
  std::shared_ptr<TlsContext> context;

  bool is_revoked_now() const;
};

struct Greeted {
  std::unique_ptr<Transport> transport;
  Protocol protocol = Protocol::kUndecided;
  Scheme scheme = Scheme::kHttp;
  std::shared_ptr<const TlsVisitor> visitor = nullptr;  // null: without a certificate
};

class TlsGreeting {
 public:
  enum class Step {
    kWantsRead,   // call advance() when the descriptor can be read
    kWantsWrite,  // or written
    kWaits,       // or `wake` was called
    kDone,        // take_result() has the rest
    kRefused,     // the client was told why: give it time to read that
    kGone,        // nobody is there, or nobody who is to be told
  };
  struct Surroundings {
    const Limits& limits;
    Counters& counters;
    const TimePoint& now;
  };

  // `wake` may be called on any thread until this is destroyed.
  TlsGreeting(std::shared_ptr<TlsDoor> door, int descriptor, const PeerAddress& peer, const Surroundings& surroundings,
              std::function<void()> wake);
  ~TlsGreeting();

  Step advance();
  TimePoint deadline() const { return deadline_; }
  void expire();
  Greeted take_result() { return std::move(result_); }

 private:
  enum class Stage { kFirstByte, kHandshake, kNameLookup };

  Step look_at_first_byte();
  Step start_handshake();
  Step shake_hands();
  Step let_in_by_address();
  Step await_names();
  Step let_in();
  Step refuse(const std::string& reason);
  void log_refusal(const std::string& reason) const;

  const std::shared_ptr<TlsDoor> door_;
  const int descriptor_;
  const PeerAddress peer_;
  const Surroundings surroundings_;
  const std::function<void()> wake_;
  Stage stage_ = Stage::kHandshake;
  TimePoint deadline_;
  std::unique_ptr<Admission::Ticket> ticket_;  // of the handshake
  TlsVisit visit_;
  SslHandle ssl_;
  std::shared_ptr<NameLookup> lookup_;
  Greeted result_;
};

}  // namespace viaduct::net
