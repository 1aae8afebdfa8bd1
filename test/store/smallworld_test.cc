// A small world, all of it (SIM-10.1): every history of up to three operations, on a new state and on one that has been
// used, with a power cut before each call to the disk and at the end, and every image that the cut may leave. The state
// that opens is that after one of the groups since the barrier, and it goes on (INV-D1, CC-10).
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"
#include "test/support/stepped_disk.h"

namespace viaduct::store {
namespace {

enum class Operation {
  kPut,        // with the directories it needs
  kPutLeased,  // by a lease of its own
  kRemove,
  kCompact,  // all there is
  kClean,    // one record
  kBarrier,
  kReopen,
};
constexpr int kOperations = 7;

Options options() {
  Options options;
  options.directory = "/state";
  options.value_cache_bytes = 100;
  options.recent_events_bytes = 0;
  return options;
}

struct Counts {
  uint64_t histories = 0;
  uint64_t cuts = 0;
  uint64_t images = 0;
};

class History {
 public:
  History(bool is_used, Counts& counts) : counts_(counts), store_(stepped_, options()) {
    for (const Operation operation :
         {Operation::kPut, Operation::kPutLeased, Operation::kRemove, Operation::kCompact}) {
      if (is_used) run(operation);
    }
    possible_ = {store_->hash()};
    run(Operation::kBarrier);
  }

  bool allows(Operation operation) {
    const Numbers now = store_.numbers();
    if (operation == Operation::kPutLeased) return !knows_lease();
    if (operation == Operation::kRemove) return store_->sizes().live_keys > 0;
    if (operation == Operation::kCompact) return now.revision > std::max(now.compacted_revision, Revision(1));
    return true;
  }

  void run(Operation operation) {
    switch (operation) {
      case Operation::kPut:
        store_.put("/a/b", "1");
        break;
      case Operation::kPutLeased:
        store_.transact([](Transaction& t) {
          t.grant(LeaseId(7), 60);
          StoreFixture::append_put(t, "/c", "2", LeaseId(7));
        });
        break;
      case Operation::kRemove:
        store_.remove(store_.key("/a/b") ? "/a/b" : "/c");
        break;
      case Operation::kCompact:
        store_.compact(store_.numbers().revision.value);
        break;
      case Operation::kClean:
        store_->compact_some(1);
        break;
      case Operation::kBarrier:
        store_->barrier();
        possible_.clear();
        break;
      case Operation::kReopen:
        store_.reopen();
        break;
    }
    possible_.push_back(store_->hash());
  }

  // With a power cut at every moment of it.
  void run_and_cut(Operation operation) {
    cuts_ = true;
    run(operation);
    cut();
    cuts_ = false;
  }

 private:
  bool knows_lease() {
    const Store::ReadLock lock(*store_);
    return store_->find_lease(LeaseId(7)) != nullptr;
  }

  void cut() {
    if (!cuts_) return;
    ++counts_.cuts;
    disk_.for_each_crash_image([&](FakeDisk& image) {
      ++counts_.images;
      StoreFixture survivor(image, options());
      if (std::ranges::find(possible_, survivor->hash()) == possible_.end())
        FAIL_CHECK("a state that never was, or is no more");
      survivor.put("/goes/on", "3");
      const uint64_t hash = survivor->hash();
      survivor.reopen();
      if (survivor->hash() != hash) FAIL_CHECK("what was written since is gone");
    });
  }

  Counts& counts_;
  bool cuts_ = false;
  std::vector<uint64_t> possible_;  // hashes since the barrier
  FakeDisk disk_;
  SteppedDisk stepped_{disk_, [this](const std::string&) { cut(); }};
  StoreFixture store_;
};

// Power cuts within the newest operation: those within earlier ones belong to shorter histories.
void extend(bool is_used, std::vector<Operation>& operations, size_t most, Counts& counts) {
  if (operations.size() == most) return;
  for (int i = 0; i < kOperations; ++i) {
    History history(is_used, counts);
    for (const Operation operation : operations) history.run(operation);
    const auto next = static_cast<Operation>(i);
    if (!history.allows(next)) continue;
    history.run_and_cut(next);
    ++counts.histories;
    operations.push_back(next);
    extend(is_used, operations, most, counts);
    operations.pop_back();
  }
}

}  // namespace

TEST_CASE("every history of three operations on the state survives a power cut anywhere, in every image (SIM-10)") {
  const QuietLog quiet;
  for (const bool is_used : {false, true}) {
    CAPTURE(is_used);
    Counts counts;
    std::vector<Operation> operations;
    extend(is_used, operations, 3, counts);
    MESSAGE(counts.histories, " histories, ", counts.cuts, " power cuts, ", counts.images, " images");
    CHECK(counts.histories > 150);
  }
}

}  // namespace viaduct::store
