// Reads on other threads while the apply thread writes and compacts.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3bridge/world.h"
#include "v3bridge/hash_kv.h"
#include "v3bridge/range.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

constexpr int kWrites = 3000;

RangeRequest both_keys(Revision revision) {
  RangeRequest request;
  request.set_key("/a");
  request.set_range_end("/c");
  request.set_revision(static_cast<int64_t>(revision.value));
  return request;
}

// What was read is one state: both keys have the value of one revision.
bool is_whole(const RangeResponse& response) {
  return response.count() == 2 && response.kvs(0).value() == response.kvs(1).value() &&
         response.kvs(0).mod_revision() == response.kvs(1).mod_revision();
}

class Reader {
 public:
  explicit Reader(const store::Store& store) : store_(store) {}

  void run(const std::atomic<bool>& stop) {
    for (uint64_t turn = 0; !stop; ++turn) {
      const Revision head = [&] {
        const store::Store::ReadLock lock(store_);
        return store_.numbers().revision;
      }();
      range(Revision());
      range(head.previous());
      txn(head, head.previous());
      if (turn % 50 == 0) expect(hash_kv(store_, 0, false).error == V3Error::kNone);
      ++reads;
    }
  }

  uint64_t reads = 0;
  uint64_t wrong = 0;

 private:
  void expect(bool right) { wrong += !right; }

  void range(Revision revision) {
    RangeResponse fast, slow;
    const RangeRequest request = both_keys(revision);
    const Read fast_read = read_range_fast(store_, request, fast);
    if (!fast_read.needs_reader && fast_read.error == V3Error::kNone) expect(is_whole(fast));
    const Read slow_read = read_range_slow(store_, request, slow);
    expect(slow_read.error == V3Error::kNone ? is_whole(slow) : slow_read.error == V3Error::kCompacted && revision);
  }

  // Two ranges at the head and one before it: of one state, whatever compaction does in between.
  void txn(Revision head, Revision before) {
    TxnRequest request;
    for (const Revision revision : {Revision(), before, Revision(), head})
      *request.add_success()->mutable_request_range() = both_keys(revision);
    TxnResponse response;
    const Read read = read_txn_slow(store_, request, response);
    if (read.error != V3Error::kNone) return expect(read.error == V3Error::kCompacted);
    for (const auto& answer : response.responses()) expect(is_whole(answer.response_range()));
    const auto now = [&](int i) { return response.responses(i).response_range().kvs(0).mod_revision(); };
    expect(now(0) == now(2) && now(1) <= now(3) && now(3) <= now(0));
  }

  const store::Store& store_;
};

TEST_CASE("readers on other threads see one state, at any revision that is kept, and no other error than its end") {
  World world;
  world.apply(v3_txn({v3_put("/a", "0"), v3_put("/b", "0")}));
  world.apply(v3_txn({v3_put("/a", "1"), v3_put("/b", "1")}));
  std::atomic<bool> stop = false;
  std::vector<Reader> readers(3, Reader(world.store()));
  std::vector<std::thread> threads;
  for (Reader& reader : readers) threads.emplace_back([&reader, &stop] { reader.run(stop); });
  for (int i = 2; i < kWrites; ++i) {
    world.apply(v3_txn({v3_put("/a", std::to_string(i)), v3_put("/b", std::to_string(i))}));
    if (i % 3 == 0) world.apply(compact(world.numbers().revision.value));
    if (i % 3 == 0) world.store().compact_some(100);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (const Reader& reader : readers) {
    CHECK(reader.reads > 0);
    CHECK(reader.wrong == 0);
  }
}

}  // namespace
}  // namespace viaduct::v3bridge
