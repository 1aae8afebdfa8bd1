#include <cstdlib>
#include <set>

#include "test/sim/scenarios/v2_watches.h"

namespace viaduct::sim {
namespace {

using cluster_test::V2Answer;
using cluster_test::Violations;

constexpr int kOk = 200, kBadRequest = 400, kHistoryCleared = 401, kServerFailed = 500;

bool shows(const V2Answer& answer, const V2Event* event) {
  return event && answer.node == event->node && answer.previous == event->previous && answer.action == event->action;
}

std::string shown(const V2Answer& answer) {
  if (!answer.node) return "an error " + std::to_string(answer.error_code) + " " + answer.cause;
  return describe(answer.action, *answer.node, answer.previous);
}

std::string shown(const V2Event* event) {
  return event ? describe(event->action, event->node, event->previous) : "nothing";
}

// The oldest index that is kept, of "the requested history has been cleared [S/W]".
uint64_t oldest_kept(const std::string& cause) {
  const size_t bracket = cause.find('[');
  return bracket == std::string::npos ? 0 : std::strtoull(cause.c_str() + bracket + 1, nullptr, 10);
}

class Checker {
 public:
  Checker(const V2Watched& watched, const V2Past& v2_past, const Past& past, Violations& violations)
      : watched_(watched), v2_past_(v2_past), past_(past), violations_(violations) {}

  void check(int64_t compacted) {
    if (watched_.head->status >= kServerFailed) return;
    if (past_.revision_at(watched_.head->index) != watched_.head->revision)
      complain("INV-L7", "was told the revision " + std::to_string(watched_.head->revision));
    if (watched_.head->status != kOk) return check_refused(compacted);
    if (!watched_.streams && watched_.told.size() > 1) complain("INV-W12", "was answered twice");
    check_told();
  }

 private:
  void check_refused(int64_t compacted) {
    if (watched_.told.empty()) return;  // not all of the answer came
    const V2Answer& answer = watched_.told.front();
    const uint64_t oldest = oldest_kept(answer.cause);
    const bool is_cleared = answer.status == kBadRequest && answer.error_code == kHistoryCleared &&
                            watched_.wait_index > 0 && watched_.wait_index < oldest && oldest <= answer.index + 1;
    if (!is_cleared) return complain("answer", "was answered " + shown(answer));
    if (static_cast<int64_t>(past_.revision_at(oldest - 1)) > compacted)
      complain("INV-W12", "lost what nobody has compacted: " + shown(answer));
  }

  void check_told() {
    uint64_t from = watched_.wait_index > 0 ? watched_.wait_index : watched_.head->index + 1;
    for (const V2Answer& answer : watched_.told) {
      const V2Event* const due = v2_past_.next(watched_.what, from);
      if (!shows(answer, due)) {
        return complain("INV-W12", "should be shown " + shown(due) + " and was shown " + shown(answer));
      }
      from = due->index + 1;
    }
  }

  void complain(const char* rule, const std::string& what) {
    violations_.add(rule, watched_.name + ", which was told the index " + std::to_string(watched_.head->index) +
                              " and then " + std::to_string(watched_.told.size()) + " events, " + what);
  }

  const V2Watched& watched_;
  const V2Past& v2_past_;
  const Past& past_;
  Violations& violations_;
};

}  // namespace

void check_v2_watch(const V2Watched& watched, const V2Past& v2_past, const Past& past, int64_t compacted,
                    Violations& violations) {
  Checker(watched, v2_past, past, violations).check(compacted);
}

void check_v2_written(const std::vector<V2Answer>& answers, const V2Past& v2_past, const Past& past,
                      Violations& violations) {
  std::set<uint64_t> indexes;
  for (const V2Answer& answer : answers) {
    const V2Event* const event = v2_past.at(answer.index);
    if (!shows(answer, event))
      violations.add("INV-L2", "the log has " + shown(event) + " and v2 answered " + shown(answer));
    if (past.revision_at(answer.index) != answer.revision)
      violations.add("INV-L7", "v2 answered with revision " + std::to_string(answer.revision) + ": " + shown(answer));
    if (!indexes.insert(answer.index).second)
      violations.add("INV-A8", "two writes were told that they are " + shown(answer));
  }
}

}  // namespace viaduct::sim
