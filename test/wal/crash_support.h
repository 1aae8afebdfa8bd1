// Steps done to a log, and what may be found after a power cut: for the tests of crashes.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "test/wal/log_support.h"

namespace viaduct::wal {

inline const Error kDead{Code::kIo, "power was cut"};

// What a log holds, by what was asked of it.
struct Model {
  std::vector<Entry> log;  // entry i at i - 1
  HardState hard_state;
  Mark mark;

  void append(const std::vector<Entry>& list, const std::optional<HardState>& state) {
    if (!list.empty()) log.resize(list.front().index.value - 1);
    log.insert(log.end(), list.begin(), list.end());
    if (state) hard_state = *state;
  }
  void set_mark(const Mark& next) {
    mark = next;
    hard_state.commit = std::max(hard_state.commit, next.index);
  }

  bool is_held_by(const Wal& wal) const {
    if (wal.last_index() != Index(log.size()) || wal.hard_state() != hard_state || wal.last_mark() != mark)
      return false;
    if (wal.first_index() > mark.index.next()) return false;
    for (const Entry& entry : all_entries(wal)) {
      if (entry != log[entry.index.value - 1]) return false;
    }
    return true;
  }
};

// Steps done to a log, and what may be found after each: what was synced last, or anything appended since.
class Script {
 public:
  Script(FakeDisk& disk, std::unique_ptr<Wal> wal) : disk_(disk), wal_(std::move(wal)) {}

  bool append(const std::vector<Entry>& list, const std::optional<HardState>& state = {}) {
    attempt([&](Model& model) { model.append(list, state); });
    return bool(wal_->append(shared(list), state));
  }
  bool sync() { return settle(wal_->sync()); }
  bool end_mark() { return bool(wal_->write_end_mark()); }
  bool mark(const Mark& next) {
    attempt([&](Model& model) { model.set_mark(next); });
    return settle(wal_->mark(next));
  }
  bool install(const Mark& next) {  // a mark beyond the end
    attempt([&](Model& model) {
      model.log.resize(next.index.value);  // entries that nobody has
      model.set_mark(next);
    });
    return settle(wal_->mark(next));
  }
  bool cut(uint64_t up_to) { return bool(wal_->cut(Index(up_to))); }
  bool prepare_spare() { return bool(wal_->prepare_spare()); }

  const std::vector<Model>& possible() const { return possible_; }
  Wal& wal() { return *wal_; }
  const Wal& wal() const { return *wal_; }

 private:
  void attempt(const std::function<void(Model&)>& change) {
    possible_.push_back(possible_.back());
    change(possible_.back());
  }
  bool settle(const Result<void>& synced) {
    if (synced) possible_.erase(possible_.begin(), possible_.end() - 1);
    return bool(synced);
  }

  FakeDisk& disk_;
  std::unique_ptr<Wal> wal_;
  std::vector<Model> possible_ = {Model{}};
};

// Opens what a crash left and checks that it is one of the possible states, durably, and that the log goes on.
inline void check_recovers(FakeDisk& disk, const std::vector<Model>& possible) {
  SeededRandom random(9);
  auto opened = Wal::open(disk, kDirectory, small_options(), random);
  if (!opened) FAIL(opened.error().message);
  const Wal& wal = *opened->wal;
  const bool is_possible =
      std::any_of(possible.begin(), possible.end(), [&](const Model& model) { return model.is_held_by(wal); });
  if (!is_possible) FAIL("holds neither what was synced nor what was appended since");

  const uint64_t next = wal.last_index().value + 1;
  const uint64_t term = wal.hard_state().term.value + 1;
  append_synced(*opened->wal, {entry(next, term, 700)}, hard_state(term, 0, wal.hard_state().commit.value));
  const auto image = disk.crash_image(random);
  const auto again = Wal::open(*image, kDirectory, small_options(), random);
  if (!again) FAIL(again.error().message);
  CHECK(must(again->wal->read(Index(next), Index(next + 1), 0)) == entries(next, next + 1, term, 700));
}

}  // namespace viaduct::wal
