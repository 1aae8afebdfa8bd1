#include "test/sim/scenarios/hashes.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Status;
using cluster_test::Violations;

constexpr char kPrefix[] = "/play/hashes/";
constexpr uint64_t kKeys = 5, kMostKept = 40, kFarthestPast = 300, kMostAsked = 4;
constexpr auto kPatience = 2s;

std::string key_of(uint64_t number) { return kPrefix + std::to_string(number); }

}  // namespace

class Hashes::Client : KvClient {
 public:
  Client(Hashes& hashes, size_t number, uint64_t seed)
      : KvClient(hashes.stage_, hashes.kv_calls_, number, seed), hashes_(hashes) {}

  void run() {
    while (!done()) {
      const uint64_t dice = below(100);
      if (dice < 35)
        put();
      else if (dice < 50)
        erase();
      else if (dice < 60 && stage_.compacts)
        compact_and_ask();
      else
        ask_around(chance(40) ? asked_ : earlier(chance(50) ? kMostKept : kFarthestPast));
      sleep_ms(5, 60);
    }
  }

 private:
  void put() {
    RequestOp request;
    request.mutable_request_put()->set_key(key_of(below(kKeys)));
    request.mutable_request_put()->set_value(new_value());
    ask(request);
  }

  void erase() {
    RequestOp request;
    DeleteRangeRequest& range = *request.mutable_request_delete_range();
    const uint64_t first = below(kKeys);
    range.set_key(key_of(first));
    range.set_range_end(key_of(first + 1 + below(2)));
    ask(request);
  }

  // While the members clean up, each at its own pace.
  void compact_and_ask() {
    const int64_t revision = earlier(kMostKept);
    if (revision == 0) return;
    compact(revision);
    ask_around(chance(50) ? revision : 0);
  }

  // 0: the head, which the first answer tells.
  void ask_around(int64_t revision) {
    for (uint64_t times = 1 + below(kMostAsked); times > 0 && !done(); --times) {
      if (const std::optional<int64_t> hashed = hash(revision)) asked_ = revision = *hashed;
      move();
    }
  }

  // The revision that was hashed; nothing: it was not.
  std::optional<int64_t> hash(int64_t revision) {
    HashKVRequest request;
    request.set_revision(revision);
    HashKVResponse response;
    const Status status = client_->call("Maintenance/HashKV", request, response, kPatience);
    if (revision > 0 && status.text == kCompacted && stage_.compactions.furthest() <= revision)
      workload_.complain("no hash at " + std::to_string(revision) + ": " + status.text + ", but nobody asked to");
    if (!status.ok()) return std::nullopt;
    const int64_t head = response.header().revision();
    if (revision == 0) revision = head;
    const std::lock_guard lock(hashes_.mutex_);
    hashes_.told_.push_back({revision, response.compact_revision(), response.hash(), port_, head});
    return revision;
  }

  Hashes& hashes_;
  int64_t asked_ = 0;  // for the hash at this revision; 0: for none
};

void Hashes::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void Hashes::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix}, violations);
  check_hashes(told_, violations);
}

namespace {

std::string text_of(const Hashes::Told& told) {
  return std::to_string(told.hash) + " (at port " + std::to_string(told.port) + ", whose head was " +
         std::to_string(told.head) + ")";
}

}  // namespace

void check_hashes(const std::vector<Hashes::Told>& told, Violations& violations) {
  std::map<std::pair<int64_t, int64_t>, const Hashes::Told*> first;
  for (const Hashes::Told& one : told) {
    if (one.compact_revision > one.head)
      violations.add("INV-A9", "compacted at " + std::to_string(one.compact_revision) + " " + text_of(one));
    const auto [known, is_new] = first.try_emplace({one.revision, one.compact_revision}, &one);
    if (is_new || known->second->hash == one.hash) continue;
    violations.add("INV-L8", "at revision " + std::to_string(one.revision) + ", compacted at " +
                                 std::to_string(one.compact_revision) + ", the hash was " + text_of(*known->second) +
                                 " and " + text_of(one));
  }
}

}  // namespace viaduct::sim
