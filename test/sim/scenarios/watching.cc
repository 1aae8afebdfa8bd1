#include "test/sim/scenarios/watching.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "test/cluster/v3_client.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::V3Client;
using cluster_test::V3Stream;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kMostWatchers = 3, kFarthestPast = 100, kFarthestFuture = 60, kLongestDeaf = 2000;
constexpr int64_t kWholeStream = -1;  // the watch id of a notice that was asked for
constexpr const char* kPrefixes[] = {"/", "/three/", "/play/", "/play/page/", "/two/"};

}  // namespace

class Watching::Client : cluster_test::Worker<V3Client> {
 public:
  Client(Watching& watching, size_t number, uint64_t seed)
      : Worker(watching.stage_.workload, number, seed), watching_(watching) {}

  void run() {
    while (!done()) {
      follow();
      sleep_ms(10, 100);
      move();
    }
    if (watching_.stage_.serves_at_end) expect_progress();
  }

 private:
  // Nothing is broken any more: who asks for progress is answered (INV-W7).
  void expect_progress() {
    for (const auto end = Clock::now() + watching_.stage_.recovery; Clock::now() < end; sleep_ms(10, 100), move()) {
      const std::optional<bool> told = ask_once(end);
      if (told && *told) return;
      if (told) break;
    }
    workload_.complain("INV-W7: " + std::to_string(port_) + " does not answer a request for progress");
  }

  // Nothing: the stream has ended.
  std::optional<bool> ask_once(Clock::time_point end) {
    WatchRequest request;
    request.mutable_create_request()->set_key(kPrefixes[below(std::size(kPrefixes))]);
    if (chance(50)) request.mutable_create_request()->set_start_revision(newest_);
    V3Stream stream(port_, "Watch/Watch", request);
    ask_for_progress(stream);
    while (Clock::now() < end) {
      WatchResponse response;
      const V3Stream::Next next = stream.next(response, 1s);
      if (next == V3Stream::Next::kEnded) return std::nullopt;
      if (next == V3Stream::Next::kMessage && response.watch_id() == kWholeStream) return true;
    }
    return false;
  }

  void follow() {
    WatchStream kept;
    kept.name =
        "watch stream " + std::to_string(number_) + "-" + std::to_string(++streams_) + " on " + std::to_string(port_);
    V3Stream stream(port_, "Watch/Watch", create(kept));
    uint64_t more = below(kMostWatchers);
    for (const auto end = Clock::now() + std::chrono::milliseconds(300 + below(2500)); Clock::now() < end && !done();) {
      if (more > 0 && chance(30)) {
        --more;
        stream.send(create(kept));
      }
      if (chance(20)) ask_for_progress(stream);
      if (chance(2)) sleep_ms(0, kLongestDeaf);  // and reads nothing meanwhile
      WatchResponse response;
      const V3Stream::Next next = stream.next(response, 50ms);
      if (next == V3Stream::Next::kEnded) break;
      if (next == V3Stream::Next::kNothing) continue;
      newest_ = std::max<int64_t>(newest_, response.header().revision());
      kept.received.push_back(std::move(response));
    }
    const std::lock_guard lock(watching_.mutex_);
    watching_.streams_.push_back(std::move(kept));
  }

  WatchRequest create(WatchStream& kept) {
    WatchRequest request;
    WatchCreateRequest& create = *request.mutable_create_request();
    create.set_key(kPrefixes[below(std::size(kPrefixes))]);
    create.set_range_end(end_of_prefix(create.key()));
    const uint64_t start = below(4);
    if (start == 0)
      create.set_start_revision(std::max<int64_t>(1, newest_ - static_cast<int64_t>(below(kFarthestPast))));
    if (start == 1) create.set_start_revision(newest_ + 1 + static_cast<int64_t>(below(kFarthestFuture)));
    if (start == 2) create.set_start_revision(static_cast<int64_t>(1 + below(5)));  // the other: from now on
    create.set_prev_kv(chance(50));
    create.set_progress_notify(chance(30));
    if (chance(20)) create.add_filters(chance(50) ? WatchCreateRequest::NOPUT : WatchCreateRequest::NODELETE);
    kept.asked.push_back(create);
    return request;
  }

  static void ask_for_progress(V3Stream& stream) {
    WatchRequest request;
    request.mutable_progress_request();
    stream.send(request);
  }

  Watching& watching_;
  uint64_t streams_ = 0;
  int64_t newest_ = 1;  // revision that it knows of
};

void Watching::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void Watching::judge(const Evidence& evidence, cluster_test::Violations& violations) {
  const int64_t compacted = stage_.compactions.furthest();
  for (const WatchStream& stream : streams_) check_watch_stream(stream, evidence.past, compacted, violations);
}

}  // namespace viaduct::sim
