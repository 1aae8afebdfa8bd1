// Asks the name service about a client's certificate on a thread of its own, as the answer may take seconds.
// Bound:     32 lookups at a time in this process; the next client is refused.
// Ownership: held by the connection that waits and by the thread that asks; neither waits for the other.
// Threads:   start(), abandon() and refusal() by the connection's; `wake` is called by the other, and not any more once
//            abandon() has returned.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/tls_address_names.h"

namespace viaduct::net {

class NameLookup {
 public:
  // Null: too many are under way, or there is no thread to be had.
  static std::shared_ptr<NameLookup> start(const TlsIdentity& identity, const std::string& remote_address,
                                           NameService& names, std::function<void()> wake);

  std::optional<std::string> refusal();  // once known; empty: none
  void abandon();

 private:
  explicit NameLookup(std::function<void()> wake) : wake_(std::move(wake)) {}
  void finish(std::string refusal);

  std::mutex mutex_;
  std::function<void()> wake_;          // guarded; null once it was called or nobody waits
  std::optional<std::string> refusal_;  // guarded
};

}  // namespace viaduct::net
