// A small world, all of it (SIM-10.1): every history of up to three operations, from a new log and from one that has
// been used, with a power cut at each call to the disk, and every image that the cut may leave. What was synced is
// there, what is there was appended, and the log goes on (INV-D2, INV-D3).
#include "test/wal/crash_support.h"

namespace viaduct::wal {
namespace {

enum class Operation {
  kAppend,
  kAppendLarge,          // more than the segment has room for
  kAppendWithHardState,  // which commits all that there is
  kHardState,            // a new term, and a vote
  kReplace,              // the newest entry, by one of a new term
  kSync,
  kEndMark,
  kMark,     // at the commit
  kInstall,  // a mark beyond the end: a snapshot has come
  kCut,
  kPrepareSpare,
};
constexpr int kOperations = 11;

class History {
 public:
  explicit History(bool is_used) : script(disk, create(disk, random_)) {
    if (!is_used) return;
    REQUIRE(script.append(entries(1, 4, 1, 300), hard_state(1, 1, 0)));
    REQUIRE(script.append({}, hard_state(1, 1, 2)));
    REQUIRE(script.sync());
    REQUIRE(script.end_mark());
    REQUIRE(script.mark(mark_at(1)));
  }

  // Whether that may be done now.
  bool allows(Operation operation) const {
    const Model& now = script.possible().back();
    switch (operation) {
      case Operation::kReplace:
        return Index(now.log.size()) > now.hard_state.commit;
      case Operation::kEndMark:
        return script.possible().size() == 1;
      case Operation::kMark:
        return now.hard_state.commit > now.mark.index && is_known(now.hard_state.commit);
      case Operation::kCut:
        return now.mark.index > Index();
      default:
        return true;
    }
  }

  bool run(Operation operation) {
    const Model now = script.possible().back();
    const uint64_t last = now.log.size(), term = newest_term() + 1;
    switch (operation) {
      case Operation::kAppend:
        return script.append({entry(last + 1, newest_term())});
      case Operation::kAppendLarge:
        return script.append({entry(last + 1, newest_term(), 2500)});
      case Operation::kAppendWithHardState:
        return script.append({entry(last + 1, newest_term())},
                             HardState{Term(newest_term()), now.hard_state.vote, Index(last + 1)});
      case Operation::kHardState:
        return script.append({}, HardState{Term(term), MemberId(2), now.hard_state.commit});
      case Operation::kReplace:
        return script.append({entry(last, term)}, HardState{Term(term), MemberId(), now.hard_state.commit});
      case Operation::kSync:
        return script.sync();
      case Operation::kEndMark:
        return script.end_mark();
      case Operation::kMark:
        return script.mark(Mark{now.hard_state.commit, must(script.wal().term(now.hard_state.commit))});
      case Operation::kInstall:
        return script.install(Mark{Index(last + 5), Term(newest_term())});
      case Operation::kCut:
        return script.cut(now.mark.index.value);
      case Operation::kPrepareSpare:
        return script.prepare_spare();
    }
    return false;
  }

  FakeDisk disk;

 private:
  bool is_known(Index index) const { return script.wal().term(index).has_value(); }
  uint64_t newest_term() const { return std::max<uint64_t>(1, script.possible().back().hard_state.term.value); }

  SeededRandom random_{4};

 public:
  Script script;
};

struct Counts {
  uint64_t histories = 0;
  uint64_t cuts = 0;
  uint64_t images = 0;
};

// Power cuts within the newest operation: those within earlier ones belong to shorter histories. False: it is no
// history.
bool cut_everywhere(bool is_used, const std::vector<Operation>& operations, Counts& counts) {
  for (uint64_t call = 1;; ++call) {
    History history(is_used);
    for (size_t i = 0; i + 1 < operations.size(); ++i) REQUIRE(history.run(operations[i]));
    if (!history.allows(operations.back())) return false;
    history.disk.fail_call(call, kDead, FakeDisk::Repeat::kForEver);
    const bool is_finished = history.run(operations.back());
    history.disk.stop_failing();
    ++counts.cuts;
    history.disk.for_each_crash_image([&](FakeDisk& image) {
      ++counts.images;
      check_recovers(image, history.script.possible());
    });
    if (is_finished) break;
  }
  ++counts.histories;
  return true;
}

void extend(bool is_used, std::vector<Operation>& operations, size_t most, Counts& counts) {
  if (operations.size() == most) return;
  for (int i = 0; i < kOperations; ++i) {
    operations.push_back(static_cast<Operation>(i));
    if (cut_everywhere(is_used, operations, counts)) extend(is_used, operations, most, counts);
    operations.pop_back();
  }
}

TEST_CASE("every history of three operations survives a power cut anywhere, in every image (SIM-10)") {
  for (const bool is_used : {false, true}) {
    CAPTURE(is_used);
    Counts counts;
    std::vector<Operation> operations;
    extend(is_used, operations, 3, counts);
    MESSAGE(counts.histories, " histories, ", counts.cuts, " power cuts, ", counts.images, " images");
    CHECK(counts.histories > 500);
  }
}

}  // namespace
}  // namespace viaduct::wal
