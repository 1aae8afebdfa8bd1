#include "test/sim/scenarios/paged_lists.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Violations;

constexpr char kPrefix[] = "/play/page/";
constexpr uint64_t kKeys = 40, kLargestPage = 9, kMostKept = 30;
constexpr auto kPatience = 2s;

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
      else if (dice < 60 && stage_.compacts)
        compact();
      else
        list();
      sleep_ms(10, 60);
      if (chance(5)) move();
    }
  }

 private:
  void put_some() {
    TxnRequest request;
    for (uint64_t first = below(kKeys), i = first; i < std::min(kKeys, first + 1 + below(6)); ++i)
      add_put(request, key_of(i), new_value());
    note(txn(request));
  }

  void erase_some() {
    RequestOp request;
    DeleteRangeRequest& erase = *request.mutable_request_delete_range();
    const uint64_t first = below(kKeys);
    erase.set_key(key_of(first));
    erase.set_range_end(key_of(first + 1 + below(4)));
    erase.set_prev_kv(chance(50));
    ask(request);
  }

  void compact() {
    CompactionRequest request;
    request.set_revision(seen_ - static_cast<int64_t>(below(kMostKept)));
    request.set_physical(chance(30));
    CompactionResponse response;
    if (request.revision() > 0 && !client_->call("KV/Compact", request, response, kPatience).ok()) move();
  }

  // At one revision, which the first page has told, or that was earlier; forwards or backwards.
  void list() {
    RangeRequest request = range_of(kPrefix);
    request.set_limit(static_cast<int64_t>(1 + below(kLargestPage)));
    request.set_keys_only(chance(20));
    request.set_serializable(chance(40));
    if (chance(20)) request.set_sort_order(RangeRequest::DESCEND);
    if (chance(40) && seen_ > 0)
      request.set_revision(seen_ -
                           static_cast<int64_t>(below(std::min<uint64_t>(kMostKept, static_cast<uint64_t>(seen_)))));
    while (!done()) {
      const std::optional<RangeResponse> page = range(request);
      if (!page) return;
      note(page);
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

  template <typename Response>
  void note(const std::optional<Response>& response) {
    if (response) seen_ = std::max<int64_t>(seen_, response->header().revision());
  }

  int64_t seen_ = 0;  // the newest revision
};

void PagedLists::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void PagedLists::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix}, violations);
}

}  // namespace viaduct::sim
