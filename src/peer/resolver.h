// Addresses of a host name, with an end to the waiting: the system's resolver can neither be told how long nor be
// stopped, so that it runs on a thread of its own, which may outlive the wait but is never waited for.
#pragma once

#include <netdb.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "peer/cancellation.h"
#include "peer/dial_failure.h"

namespace viaduct::peer {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// Null: `failure` says why.
Addresses resolve(const std::string& host, uint16_t port, std::chrono::steady_clock::time_point deadline,
                  const Cancellation* cancellation, DialFailure& failure);

}  // namespace viaduct::peer
