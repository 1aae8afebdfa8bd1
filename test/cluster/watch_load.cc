#include "test/cluster/watch_load.h"

#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/v2_load.h"
#include "test/cluster/v3_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 10s;  // with a member that sends nothing more of its history
constexpr int kHistoryCleared = 401;

Event event_of(const mvccpb::Event& event) {
  const mvccpb::KeyValue& key_value = event.kv();
  Event result{static_cast<uint64_t>(key_value.mod_revision()), key_value.key(), std::nullopt};
  if (event.type() == mvccpb::Event::PUT) {
    result.version = Version{key_value.value(), result.position, static_cast<uint64_t>(key_value.create_revision())};
  }
  return result;
}

WatchRequest watch_from(uint64_t revision) {
  WatchRequest request;
  WatchCreateRequest& create = *request.mutable_create_request();
  create.set_key(kV3Root);
  std::string end = kV3Root;
  ++end.back();
  create.set_range_end(end);
  create.set_start_revision(static_cast<int64_t>(revision));
  return request;
}

std::vector<Event> flattened(const Watched& watched, uint64_t last) {
  std::vector<Event> events;
  for (const std::vector<Event>& response : watched.responses) {
    for (const Event& event : response) {
      if (event.position <= last) events.push_back(event);
    }
  }
  return events;
}

Workload& only_at(int port, Workload& workload) {
  workload.ports = [port] { return std::vector<int>{port}; };
  return workload;
}

}  // namespace

V3Watcher::V3Watcher(Workload& workload, FirstSeen& first_seen, size_t number, uint64_t seed)
    : Worker(workload, number, seed),
      first_seen_(first_seen),
      watched_{"v3 watcher " + std::to_string(number), kV3Root, 1, {}},
      next_(1) {}

void V3Watcher::run() {
  while (!done() && !history_lost_) {
    follow(std::chrono::milliseconds(200 + below(2000)), UINT64_MAX);
    move();
  }
}

void V3Watcher::run_until(uint64_t last) {
  uint64_t reached = next_;
  for (auto end = Clock::now() + kPatience; next_ <= last && !history_lost_ && Clock::now() < end;) {
    follow(1s, last);
    if (next_ <= last) move();
    if (std::exchange(reached, next_) != next_) end = Clock::now() + kPatience;
  }
}

void V3Watcher::follow(std::chrono::milliseconds time, uint64_t last) {
  V3Stream stream(port_, "Watch/Watch", watch_from(next_));
  for (const auto end = Clock::now() + time; Clock::now() < end && next_ <= last && (last != UINT64_MAX || !done());) {
    WatchResponse response;
    const V3Stream::Next next = stream.next(response, 100ms);
    if (response.compact_revision() > 0) {
      history_lost_ = static_cast<uint64_t>(response.compact_revision()) > next_;
      return;
    }
    if (next == V3Stream::Next::kEnded) return std::this_thread::sleep_for(20ms);
    if (next == V3Stream::Next::kNothing || response.events().empty()) continue;
    std::vector<Event> events;
    for (const mvccpb::Event& event : response.events()) {
      events.push_back(event_of(event));
      first_seen_.add(events.back().position);
    }
    next_ = std::max(next_, events.back().position + 1);
    watched_.responses.push_back(std::move(events));
  }
}

V2Watcher::V2Watcher(Workload& workload, uint64_t first, bool streams, size_t number, uint64_t seed)
    : Worker(workload, number, seed),
      watched_{"v2 watcher " + std::to_string(number), kV2Root, first, {}},
      next_(first),
      streams_(streams) {}

void V2Watcher::run() {
  while (!done() && !history_lost_) {
    if (streams_) {
      stream(std::chrono::milliseconds(200 + below(2000)), UINT64_MAX);
      move();
    } else if (!poll() || chance(2)) {
      move();
    }
  }
}

void V2Watcher::run_until(uint64_t last) {
  uint64_t reached = next_;
  for (auto end = Clock::now() + kPatience; next_ <= last && !history_lost_ && Clock::now() < end;) {
    if (streams_) {
      stream(1s, last);
    } else if (!poll()) {
      move();
    }
    if (std::exchange(reached, next_) != next_) end = Clock::now() + kPatience;
  }
}

bool V2Watcher::poll() {
  const std::string target = std::string(kV2Root) + "?wait=true&recursive=true&waitIndex=" + std::to_string(next_);
  return take_event(client_->call("GET", target, std::nullopt, 300ms));
}

void V2Watcher::stream(std::chrono::milliseconds time, uint64_t last) {
  V2Stream stream(port_,
                  std::string(kV2Root) + "?wait=true&stream=true&recursive=true&waitIndex=" + std::to_string(next_));
  for (const auto end = Clock::now() + time; Clock::now() < end && next_ <= last && (last != UINT64_MAX || !done());) {
    const std::optional<V2Answer> answer = stream.next(100ms);
    if (answer && !take_event(*answer)) return;
    if (!answer && stream.ended()) return std::this_thread::sleep_for(20ms);
  }
}

bool V2Watcher::take_event(const V2Answer& answer) {
  if (answer.kind == V2Answer::Kind::kAnswer && answer.error_code == kHistoryCleared) history_lost_ = true;
  if (!answer.success() || !answer.node) {
    std::this_thread::sleep_for(10ms);
    return false;
  }
  Event event{answer.node->modified, answer.node->key, std::nullopt};
  if (answer.node->value) event.version = Version{*answer.node->value, answer.node->modified, answer.node->created};
  next_ = event.position + 1;
  watched_.responses.push_back({std::move(event)});
  return true;
}

std::optional<std::vector<Event>> read_v3_log(int port, uint64_t last) {
  Workload workload;
  FirstSeen unused;
  V3Watcher reader(only_at(port, workload), unused, 0, 1);
  reader.run_until(last);
  const std::vector<Event> log = flattened(reader.take(), last);
  if (log.empty() || log.back().position != last) return std::nullopt;
  return log;
}

std::optional<std::vector<Event>> read_v2_log(int port, uint64_t first, uint64_t last) {
  Workload workload;
  V2Watcher reader(only_at(port, workload), first, false, 0, 1);
  reader.run_until(last);
  const std::vector<Event> log = flattened(reader.take(), last);
  if (log.empty() || log.back().position != last) return std::nullopt;
  return log;
}

}  // namespace viaduct::cluster_test
