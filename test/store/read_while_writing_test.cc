// Reads at each write of a commit, of a compaction and of LevelDB's own work: what the index shows is always to be
// found (RB-16).
#include <doctest/doctest.h>

#include <map>

#include "base/random.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"
#include "test/support/stepped_disk.h"

namespace viaduct::store {
namespace {

using State = std::map<std::string, std::string>;

Options options() {
  Options options;
  options.directory = "/state";
  options.value_cache_bytes = 0;  // memory holds what it must and no more
  options.recent_events_bytes = 0;
  return options;
}

State state_at(const Store& store, Revision revision) {
  State found;
  const Result<std::unique_ptr<Store::Snapshot>> snapshot = store.snapshot(revision);
  REQUIRE(snapshot);
  for (const NodeView& node : (*snapshot)->slice(Family::kKey, "", "", 100))
    found.emplace(node.key, std::string(node.value.view()));
  CHECK((*snapshot)->count(Family::kKey, "", "") == found.size());
  return found;
}

State live_state(const Store& store) {
  std::vector<NodeView> nodes;
  {
    const Store::ReadLock lock(store);
    store.scan(Family::kKey, "", "", [&](const Entry& entry) {
      nodes.push_back(store.view(entry, 0));
      return true;
    });
  }
  State found;
  for (const NodeView& node : nodes) {
    const Blob value = node.value ? node.value : store.load_value(node.id);
    REQUIRE(value);
    found.emplace(node.key, std::string(value.view()));
  }
  return found;
}

// Random puts and deletes, several transactions to a group, and the state after each.
class Writer {
 public:
  explicit Writer(Disk& disk) : store_(disk, options()) { states_[store_.numbers().revision] = {}; }

  StoreFixture& store() { return store_; }

  void write_group() {
    store_->begin_group();
    for (uint64_t transactions = 1 + random_.below(4); transactions > 0; --transactions) {
      {
        Transaction transaction = store_->begin(store_.stamp, "");
        for (uint64_t changes = 1 + random_.below(3); changes > 0; --changes) change(transaction);
      }
      states_[store_.numbers().revision] = now_;
    }
    store_.commit();
  }

  void check_reads() const {
    Numbers numbers;
    {
      const Store::ReadLock lock(*store_);
      numbers = store_->numbers();
    }
    CHECK(live_state(*store_) == states_.at(numbers.revision));
    for (auto at = states_.lower_bound(numbers.compacted_revision); at != states_.end(); ++at) {
      CAPTURE(at->first.value);
      CHECK(state_at(*store_, at->first) == at->second);
    }
  }

 private:
  void change(Transaction& transaction) {
    const std::string key = "/k" + std::to_string(random_.below(6));
    if (transaction.key(key) && random_.below(3) == 0) {
      StoreFixture::append_delete(transaction, Family::kKey, key);
      now_.erase(key);
    } else {
      now_[key] = std::string(1 + random_.below(20), static_cast<char>('a' + random_.below(26)));
      StoreFixture::append_put(transaction, key, now_[key]);
    }
  }

  mutable StoreFixture store_;
  SeededRandom random_{5};
  State now_;
  std::map<Revision, State> states_;
};

TEST_CASE("RB-16: whatever is being written, a read finds the value of each key that is there, and no other key") {
  FakeDisk beneath;
  const Writer* reads = nullptr;
  int writes = 0;
  SteppedDisk disk(beneath, [&](const std::string& label) {
    if (!reads || !label.starts_with("write ")) return;
    ++writes;
    reads->check_reads();
  });
  Writer writer(disk);
  reads = &writer;
  for (int group = 0; group < 30; ++group) {
    CAPTURE(group);
    writer.write_group();
    if (group % 5 != 4) continue;
    writer.store().compact(writer.store().numbers().revision.value - 2);
    writer.store().clean();
  }
  CHECK(writes > 40);
  reads = nullptr;
}

}  // namespace
}  // namespace viaduct::store
