// Counts the open connections of a listener and turns away those beyond its limits.
// Threads: any; a ticket may be dropped on another thread than it was taken on, and after its Admission is gone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "net/peer_address.h"

namespace viaduct::net {

class Admission {  // a copy shares the count
 public:
  enum class Verdict { kAdmitted, kTooMany, kTooManyFromAddress };

  // One open connection; gives its place back when destroyed.
  class Ticket;

  struct Decision {
    Verdict verdict;
    std::unique_ptr<Ticket> ticket;  // when admitted
  };

  Admission(size_t max_connections, size_t max_per_address);  // 0 per address: no limit

  Decision admit(const PeerAddress& peer) const;  // a unix socket has no address to count by

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with copies and with the tickets that are out
};

class Admission::Ticket {
 public:
  Ticket(std::shared_ptr<State> state, std::string address);
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

 private:
  std::shared_ptr<State> state_;
  std::string address_;
};

}  // namespace viaduct::net
