#include "v3/key_signals.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "v3/loop_signals.h"

namespace viaduct::v3 {

KeySignals::KeySignals(v3bridge::Engine& engine, net::LoopGroup& loops) {
  for (size_t i = 0; i < loops.size(); ++i)
    loops_.emplace_back(&loops.loop(i), std::make_unique<LoopSignals>(engine, loops.loop(i)));
}

KeySignals::~KeySignals() = default;

LoopSignals& KeySignals::of(net::Loop& loop) {
  const auto found = std::find_if(loops_.begin(), loops_.end(), [&](const auto& pair) { return pair.first == &loop; });
  assert(found != loops_.end());
  return *found->second;
}

// --- one loop ---

LoopSignals::LoopSignals(v3bridge::Engine& engine, net::Loop& loop) : engine_(engine), loop_(loop) {}

LoopSignals::~LoopSignals() {
  for (const auto& [id, watch] : watches_) engine_.hub().remove(watch.registration);
}

LoopSignals::Id LoopSignals::watch(store::KeyRange range, Told told) {
  store::Hub& hub = engine_.hub();
  const Id id = ++last_id_;
  store::Hub::RangeWatch watch{std::move(range), Seq(), id, this};
  store::Hub::WatchId registration = 0;
  while (registration == 0) {  // again if something was published in between
    watch.from = hub.published().next();
    registration = hub.add(watch);
  }
  watches_.emplace(id, Watch{registration, std::make_shared<Told>(std::move(told))});
  return id;
}

void LoopSignals::cancel(Id id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  engine_.hub().remove(found->second.registration);
  watches_.erase(found);
}

void LoopSignals::deliver(std::vector<store::Delivery> deliveries) {
  loop_.post_function([this, batch = std::move(deliveries)] {
    for (const store::Delivery& delivery : batch) tell(delivery.token, delivery.event.get());
  });
}

void LoopSignals::missed(Seq) {
  loop_.post_function([this] {
    std::vector<Id> ids;
    for (const auto& [id, watch] : watches_) ids.push_back(id);
    for (const Id id : ids) tell(id, nullptr);
  });
}

void LoopSignals::tell(Id id, const store::Event* event) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  const std::shared_ptr<Told> told = found->second.told;
  (*told)(event);
}

}  // namespace viaduct::v3
