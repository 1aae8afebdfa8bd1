#include "test/sim/scenarios/v2_watches.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "test/sim/scenarios/v2_meddler.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using cluster_test::Time;
using cluster_test::V2Answer;
using cluster_test::V2Client;
using cluster_test::V2Stream;
using Clock = std::chrono::steady_clock;

constexpr size_t kMostPending = 5;
constexpr uint64_t kLongestDeaf = 3000;  // ms
constexpr uint64_t kFarthestPast = 60, kFarthestFuture = 20;

struct Pending {
  V2Watched kept;
  int port;
  std::unique_ptr<V2Stream> stream;
  Time until;
  Time deaf_until{};  // it reads nothing before that
};

// What it would be shown next; 0: nobody knows.
uint64_t next_of(const V2Watched& watched) {
  if (!watched.told.empty()) return watched.told.back().node ? watched.told.back().node->modified + 1 : 0;
  if (watched.wait_index > 0) return watched.wait_index;
  return watched.head && watched.head->status == 200 ? watched.head->index + 1 : 0;
}

}  // namespace

class V2Watches::Client : cluster_test::Worker<V2Client> {
 public:
  Client(V2Watches& watches, size_t number, uint64_t seed)
      : Worker(watches.stage_.workload, number, seed),
        watches_(watches),
        meddler_(watches.stage_, number, seed),
        onlooker_(watches.stage_, watches.sights_, number, seed) {}

  void run() {
    while (!done()) {
      act();
      for (Pending& one : pending_) listen(one);
      std::erase_if(pending_, [](const Pending& one) { return one.stream == nullptr; });
      sleep_ms(1, 20);
    }
    for (Pending& one : pending_) conclude(one);
    const std::lock_guard lock(watches_.mutex_);
    std::ranges::copy(kept_, std::back_inserter(watches_.watched_));
    std::ranges::copy(meddler_.written(), std::back_inserter(watches_.written_));
  }

 private:
  void act() {
    if (pending_.size() < kMostPending && chance(30)) {
      V2Watched fresh;
      fresh.what = any_watch();
      fresh.streams = chance(50);
      fresh.wait_index = any_index();
      pending_.push_back(begin_watch(std::move(fresh)));
    } else if (chance(5)) {
      onlooker_.look(V2Meddler::kRoot + std::string(chance(50) ? "/d" : ""), chance(50));
    } else {
      meddler_.act();
    }
  }

  V2Watch any_watch() {
    const uint64_t dice = below(100);
    const auto files = V2Meddler::files(), directories = V2Meddler::directories();
    if (dice < 5) return {"", true};
    if (dice < 15) return {V2Meddler::kQuietFile, false};
    if (dice < 20) return {V2Meddler::kQuiet, true};
    if (dice < 50) return {V2Meddler::kRoot + std::string(files[below(files.size())]), chance(20)};
    return {V2Meddler::kRoot + std::string(directories[below(directories.size())]), chance(75)};
  }

  // What to wait for; 0: from now on.
  uint64_t any_index() {
    const uint64_t dice = below(10);
    if (dice < 4) return 0;
    if (dice < 8) return newest_ + 1 - std::min(newest_, below(kFarthestPast));
    return newest_ + 1 + below(kFarthestFuture);
  }

  // At any member.
  Pending begin_watch(V2Watched watched) {
    const std::vector<int> ports = workload_.ports();
    const int port = ports[below(ports.size())];
    watched.name = "v2 watch " + std::to_string(number_) + "-" + std::to_string(++begun_) + " of " + watched.what.path +
                   (watched.what.recursive ? "/..." : "") + (watched.streams ? " by a stream" : "") + " from " +
                   std::to_string(watched.wait_index) + " on " + std::to_string(port);
    const std::string target = watched.what.path + "?wait=true" + (watched.what.recursive ? "&recursive=true" : "") +
                               (watched.streams ? "&stream=true" : "") +
                               (watched.wait_index > 0 ? "&waitIndex=" + std::to_string(watched.wait_index) : "");
    const Time until = chance(40) ? Time::max() : Clock::now() + std::chrono::milliseconds(100 + below(3000));
    return {std::move(watched), port, std::make_unique<V2Stream>(port, target), until, {}};
  }

  // Where `one` ended, at another member.
  Pending resumed(const Pending& one) {
    V2Watched after;
    after.what = one.kept.what;
    after.streams = one.kept.streams;
    after.wait_index = next_of(one.kept);
    return begin_watch(std::move(after));
  }

  // Takes what came; of one that is over another goes on, or none.
  void listen(Pending& one) {
    if (below(300) == 0) one.deaf_until = Clock::now() + std::chrono::milliseconds(below(kLongestDeaf));
    if (Clock::now() < one.deaf_until) return;
    take(one);
    if (!one.stream->ended() && Clock::now() < one.until) return;
    keep(one);
    if (chance(50))
      one = resumed(one);
    else
      one.stream.reset();
  }

  void take(Pending& one) {
    while (std::optional<V2Answer> answer = one.stream->next(0ms)) {
      newest_ = std::max({newest_, answer->index, answer->node ? answer->node->modified : 0});
      one.kept.told.push_back(std::move(*answer));
    }
    one.kept.head = one.stream->head();
  }

  // All is mended: one more change is shown to it soon, unless it waits for what is later yet.
  void conclude(Pending& one) {
    if (!watches_.stage_.serves_at_end) return keep(one);
    const std::string path = one.kept.what.path.empty() ? std::string(V2Meddler::kRoot) : one.kept.what.path;
    uint64_t mark = 0;
    for (const auto end = Clock::now() + watches_.stage_.recovery; Clock::now() < end; sleep_ms(5, 10)) {
      take(one);
      const bool is_answered = !one.kept.streams && !one.kept.told.empty();
      if (is_answered || (mark > 0 && next_of(one.kept) > mark) || !is_there(one.port)) return keep(one);
      if (one.stream->ended()) {
        keep(one);
        one = resumed(one);
        mark = 0;
      } else if (mark == 0 && one.kept.head) {
        mark = meddler_.mark(path);
      }
    }
    workload_.complain("INV-W12: " + one.kept.name + " was not told of the change " + std::to_string(mark));
    keep(one);
  }

  void keep(const Pending& one) {
    if (one.kept.head) kept_.push_back(one.kept);
  }

  bool is_there(int port) const {
    const std::vector<int> ports = workload_.ports();
    return std::ranges::find(ports, port) != ports.end();
  }

  V2Watches& watches_;
  V2Meddler meddler_;
  V2Onlooker onlooker_;
  std::vector<Pending> pending_;
  std::vector<V2Watched> kept_;
  uint64_t begun_ = 0;
  uint64_t newest_ = 1;  // index that it knows of
};

void V2Watches::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void V2Watches::judge(const Evidence& evidence, cluster_test::Violations& violations) {
  const V2Past v2_past(evidence.chronicle, violations);
  const int64_t compacted = stage_.compactions.furthest();
  for (const V2Watched& one : watched_) check_v2_watch(one, v2_past, evidence.past, compacted, violations);
  check_v2_written(written_, v2_past, evidence.past, violations);
  for (const V2Sight& sight : sights_.all()) check_v2_sight(sight, evidence.past, violations);
}

}  // namespace viaduct::sim
