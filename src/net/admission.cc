#include "net/admission.h"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace viaduct::net {

struct Admission::State {
  size_t max_connections;
  size_t max_per_address;
  std::mutex mutex;
  size_t open = 0;
  std::unordered_map<std::string, size_t> open_by_address;
};

Admission::Admission(size_t max_connections, size_t max_per_address) : state_(std::make_shared<State>()) {
  state_->max_connections = max_connections;
  state_->max_per_address = max_per_address;
}

Admission::Decision Admission::admit(const PeerAddress& peer) const {
  const bool by_address = state_->max_per_address > 0 && peer.is_known();
  const std::string counted = by_address ? peer.host() : std::string();
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->open >= state_->max_connections) return {Verdict::kTooMany, nullptr};
    if (!counted.empty()) {
      size_t& open = state_->open_by_address[counted];
      if (open >= state_->max_per_address) return {Verdict::kTooManyFromAddress, nullptr};
      ++open;
    }
    ++state_->open;
  }
  return {Verdict::kAdmitted, std::make_unique<Ticket>(state_, counted)};
}

Admission::Ticket::Ticket(std::shared_ptr<State> state, std::string address)
    : state_(std::move(state)), address_(std::move(address)) {}

Admission::Ticket::~Ticket() {
  const std::lock_guard lock(state_->mutex);
  --state_->open;
  if (address_.empty()) return;
  const auto found = state_->open_by_address.find(address_);
  if (--found->second == 0) state_->open_by_address.erase(found);
}

}  // namespace viaduct::net
