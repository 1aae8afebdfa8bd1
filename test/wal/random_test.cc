// Long random histories with power cuts, against a model in memory.
#include <algorithm>

#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

struct Model {
  std::vector<Entry> log;  // entry i at i - 1
  HardState hard_state;
  Mark mark;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), wal_(create(disk_, random_)) {}

  void step() {
    switch (random_.below(12)) {
      case 0:
        return mark();
      case 1:
        return must(wal_->cut(Index(random_.below(now_.mark.index.value + 1))));
      case 2:
        return crash();
      case 3:
        return must(wal_->prepare_spare());
      case 4:
        return sync_and_mark_end();
      case 5:
      case 6:
        return check();
      default:
        return append();
    }
  }

 private:
  void append() {
    const uint64_t last = now_.log.size();
    const uint64_t commit = now_.hard_state.commit.value;
    const bool replaces = last > commit && random_.below(4) == 0;
    const uint64_t from = replaces ? commit + 1 + random_.below(last - commit) : last + 1;
    if (replaces || random_.below(8) == 0) ++term_;
    const std::vector<Entry> list = entries(from, from + random_.below(4) + replaces, term_, random_.below(900));
    for (const Entry& added : list) {
      now_.log.resize(added.index.value - 1);
      now_.log.push_back(added);
    }
    std::optional<HardState> state;
    if (random_.below(2) == 0) {
      const Index next_commit(commit + random_.below(now_.log.size() - commit + 1));
      state = now_.hard_state = HardState{Term(term_), MemberId(term_ % 3), next_commit};
    }
    must(wal_->append(shared(list), state));
    unsynced_.push_back(now_);
    if (list.size() + (state ? 1 : 0) == 0) unsynced_.pop_back();
    if (unsynced_.size() > 1) unsynced_.erase(unsynced_.begin(), unsynced_.end() - 2);  // the frame before is synced
    if (unsynced_.size() > 1) synced_ = unsynced_.front(), unsynced_.erase(unsynced_.begin());
    if (random_.below(2) == 0) sync();
  }

  void sync() {
    must(wal_->sync());
    synced_ = now_;
    unsynced_.clear();
  }

  void sync_and_mark_end() {
    sync();
    must(wal_->write_end_mark());
  }

  void mark() {
    const uint64_t low = std::max(now_.mark.index.value, uint64_t{1});
    const uint64_t high = now_.hard_state.commit.value;
    if (low > high) return;
    const Index index(low + random_.below(high - low + 1));
    now_.mark = Mark{index, now_.log[index.value - 1].term};
    must(wal_->mark(now_.mark));
    sync();
  }

  void crash() {
    wal_.reset();
    disk_.crash(random_);
    auto opened = open(disk_, random_);
    wal_ = std::move(opened.wal);
    const bool has_unsynced = !unsynced_.empty() && holds(unsynced_.back());
    if (!has_unsynced && !holds(synced_)) FAIL("lost what was synced");
    now_ = synced_ = has_unsynced ? unsynced_.back() : synced_;
    unsynced_.clear();
    check();
  }

  bool holds(const Model& model) const {
    return wal_->last_index() == Index(model.log.size()) && wal_->hard_state() == model.hard_state &&
           wal_->last_mark() == model.mark && (model.log.empty() || tail_of(model) == all_entries(*wal_));
  }

  std::vector<Entry> tail_of(const Model& model) const {
    const auto skipped = static_cast<std::ptrdiff_t>(wal_->first_index().value) - 1;
    return {model.log.begin() + skipped, model.log.end()};
  }

  void check() const {
    if (!holds(now_)) FAIL("not what was appended");
    for (uint64_t index = wal_->first_index().value; index <= now_.log.size(); ++index) {
      if (must(wal_->term(Index(index))) != now_.log[index - 1].term) FAIL("another term");
    }
  }

  FakeDisk disk_;
  SeededRandom random_;
  std::unique_ptr<Wal> wal_;
  uint64_t term_ = 1;
  Model now_, synced_;
  std::vector<Model> unsynced_;
};

TEST_CASE("a random history with power cuts never loses what was synced nor shows what was not appended") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (int step = 0; step < 150; ++step) history.step();
  }
}

}  // namespace
}  // namespace viaduct::wal
