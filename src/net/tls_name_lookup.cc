#include "net/tls_name_lookup.h"

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

namespace viaduct::net {
namespace {

constexpr int kMostAtATime = 32;

std::atomic<int>& under_way() {
  static std::atomic<int> count{0};
  return count;
}

}  // namespace

std::shared_ptr<NameLookup> NameLookup::start(const TlsIdentity& identity, const std::string& remote_address,
                                              NameService& names, std::function<void()> wake) {
  if (under_way().fetch_add(1) >= kMostAtATime) {
    under_way().fetch_sub(1);
    return nullptr;
  }
  std::shared_ptr<NameLookup> lookup(new NameLookup(std::move(wake)));
  try {
    std::thread([lookup, identity, remote_address, &names] {
      lookup->finish(address_refusal_by_names(identity, remote_address, names));
      under_way().fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {  // no thread to be had
    under_way().fetch_sub(1);
    return nullptr;
  }
  return lookup;
}

void NameLookup::finish(std::string refusal) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
  if (wake_) wake_();
}

std::optional<std::string> NameLookup::refusal() {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void NameLookup::abandon() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
}

}  // namespace viaduct::net
