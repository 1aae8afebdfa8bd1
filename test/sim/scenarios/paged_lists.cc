#include "test/sim/scenarios/paged_lists.h"

namespace viaduct::sim {
namespace {

using namespace etcdserverpb;
using cluster_test::Violations;

constexpr char kPrefix[] = "/play/page/";
constexpr uint64_t kKeys = 40, kLargestPage = 9, kMostKept = 30, kFarthestPast = 300;

std::string key_of(uint64_t number) { return kPrefix + std::string(number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

class PagedLists::Client : KvClient {
 public:
  Client(PagedLists& pages, size_t number, uint64_t seed) : KvClient(pages.stage_, pages.kv_calls_, number, seed) {}

  void run() {
    while (!done()) {
      const uint64_t dice = below(100);
      if (dice < 40)
        put_some();
      else if (dice < 50)
        erase_some();
      else if (dice < 57 && stage_.compacts)
        compact_some();
      else if (dice < 60 && stage_.compacts)
        compact_to_the_head();
      else
        list(chance(40) ? earlier(chance(50) ? kMostKept : kFarthestPast) : 0);
      sleep_ms(10, 60);
      if (chance(5)) move();
    }
  }

 private:
  void put_some() {
    TxnRequest request;
    for (uint64_t first = below(kKeys), i = first; i < std::min(kKeys, first + 1 + below(6)); ++i)
      add_put(request, key_of(i), new_value());
    txn(request);
  }

  // The revision of that; nothing: it is not known.
  std::optional<int64_t> erase_some() {
    RequestOp request;
    DeleteRangeRequest& erase = *request.mutable_request_delete_range();
    const uint64_t first = below(kKeys);
    erase.set_key(key_of(first));
    erase.set_range_end(key_of(first + 1 + below(4)));
    erase.set_prev_kv(chance(50));
    const std::optional<ResponseOp> response = ask(request);
    if (!response) return std::nullopt;
    return response->response_delete_range().header().revision();
  }

  void compact_some() {
    if (const int64_t revision = earlier(kMostKept); revision > 0) compact(revision);
  }

  // What was deleted last goes, and still the revision of that can be read, before and after a restart (RB-13).
  void compact_to_the_head() {
    const std::optional<int64_t> head = erase_some();
    if (!head) return;
    compact(*head);
    for (uint64_t times = 1 + below(3); times > 0 && !done(); --times) {
      list(*head);
      sleep_ms(0, 500);
      move();
    }
  }

  // At one revision, that one or else the one that the first page tells; forwards or backwards.
  void list(int64_t revision) {
    RangeRequest request = range_of(kPrefix);
    request.set_limit(static_cast<int64_t>(1 + below(kLargestPage)));
    request.set_keys_only(chance(20));
    request.set_serializable(chance(40));
    if (chance(20)) request.set_sort_order(RangeRequest::DESCEND);
    request.set_revision(revision);
    while (!done()) {
      const std::optional<RangeResponse> page = range(request);
      if (!page) return;
      if (!page->more() || page->kvs().empty()) return count(request);
      const std::string& last = page->kvs(page->kvs_size() - 1).key();
      if (request.sort_order() == RangeRequest::DESCEND)
        request.set_range_end(last);
      else
        request.set_key(last + std::string(1, '\0'));
      if (request.revision() == 0) request.set_revision(page->header().revision());
      if (chance(10)) move();  // the next page may come from another member
      sleep_ms(0, 20);
    }
  }

  void count(const RangeRequest& listed) {
    if (chance(70)) return;
    RangeRequest request = range_of(kPrefix);
    request.set_revision(listed.revision());
    request.set_count_only(true);
    range(request);
  }
};

void PagedLists::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void PagedLists::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix}, violations);
}

}  // namespace viaduct::sim
