#include "test/sim/chronicle.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace viaduct::sim {
namespace {

using cluster_test::Version;

constexpr size_t kMostEvents = 10'000, kMostBytes = 64 << 20;

void each_record(const store::Event& event, const std::function<void(const store::Record&)>& visit) {
  visit(event.record);
  for (const store::Record& companion : event.companions) visit(companion);
}

}  // namespace

void Chronicle::follow(MemberId member, const store::Store& store, Nanoseconds now, Seq& next) {
  store::Numbers numbers;
  {
    const store::Store::ReadLock lock(store);
    numbers = store.numbers();
  }
  if (next <= numbers.compacted_seq) next = numbers.compacted_seq.next();  // a snapshot came
  while (next <= numbers.seq) {
    const auto events = store.events_since(next, kMostEvents, kMostBytes);
    if (!events) return complain(member, "cannot read its events: " + events.error().message);
    next = std::max(next, store::Numbers().seq.next());  // those before are nobody's
    take(member, *events, now, next);
    if (events->empty() && next <= numbers.seq) return complain(member, "has no event " + to_string(next));
  }
}

void Chronicle::take(MemberId member, const std::vector<store::EventPtr>& events, Nanoseconds now, Seq& next) {
  for (const store::EventPtr& event : events) {
    if (event->seq() != next) complain(member, "has no event " + to_string(next));
    take(member, event, now);
    next = event->seq().next();
  }
}

void Chronicle::take(MemberId member, const store::EventPtr& event, Nanoseconds now) {
  first_applied_.emplace(event->record.revision, now);
  const auto [known, is_new] = events_.emplace(event->seq(), event);
  if (is_new || (known->second->record == event->record && known->second->companions == event->companions)) return;
  complain(member, "has another event " + to_string(event->seq()) + " than others, of " + event->record.key);
}

void Chronicle::complain(MemberId member, const std::string& what) {
  violations_.add("INV-A2", "member " + std::to_string(member.value) + " " + what);
}

void Chronicle::each(const std::function<void(const store::Record&)>& visit) const {
  for (const auto& [seq, event] : events_) each_record(*event, visit);
}

std::vector<cluster_test::Event> Chronicle::v3_log(std::string_view prefix) const {
  std::vector<cluster_test::Event> log;
  for (const auto& [seq, event] : events_) {
    each_record(*event, [&](const store::Record& record) {
      if (record.family != store::Family::kKey || !record.key.starts_with(prefix)) return;
      std::optional<Version> version;
      if (!record.tombstone)
        version = Version{std::string(record.value.view()), record.revision.value, record.create_revision.value};
      log.push_back({record.revision.value, record.key, std::move(version)});
    });
  }
  return log;
}

std::vector<cluster_test::Event> Chronicle::v2_log(std::string_view prefix) const {
  std::vector<cluster_test::Event> log;
  for (const auto& [seq, event] : events_) {
    const store::Record& record = event->record;
    if (record.family != store::Family::kKey || record.silent || !record.key.starts_with(prefix)) continue;
    std::optional<Version> version;
    if (!record.tombstone) version = Version{std::string(record.value.view()), seq.value, record.created_seq.value};
    log.push_back({seq.value, record.key, std::move(version)});
  }
  return log;
}

}  // namespace viaduct::sim
