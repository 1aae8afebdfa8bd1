#include "test/sim/scenarios/kv_checker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "test/sim/scenarios/kv_model.h"

namespace viaduct::sim {
namespace {

using namespace etcdserverpb;
using cluster_test::Outcome;
using cluster_test::Violations;

constexpr int kNotFound = 5, kResourceExhausted = 8, kOutOfRange = 11;
constexpr char kFuture[] = "etcdserver: mvcc: required revision is a future revision";
constexpr size_t kMostText = 600;

template <typename Message>
std::string text_of(const Message& message) {
  const std::string text = message.ShortDebugString();
  return text.size() <= kMostText ? text : text.substr(0, kMostText) + "...";
}

std::string described(const KvCall& call) { return describe(call.operation) + " {" + text_of(call.request) + "}"; }

// Of both branches of each transaction.
template <typename Visit>
void each_operation(const RequestOp& request, const Visit& visit) {
  if (!request.has_request_txn()) return visit(request);
  for (const RequestOp& one : request.request_txn().success()) each_operation(one, visit);
  for (const RequestOp& one : request.request_txn().failure()) each_operation(one, visit);
}

template <typename Visit>
void each_put(const RequestOp& request, const Visit& visit) {
  each_operation(request, [&](const RequestOp& one) {
    if (one.has_request_put()) visit(one.request_put());
  });
}

// The revisions that it asks for, the oldest first; none of them is 0.
std::set<int64_t> asked_for(const RequestOp& request) {
  std::set<int64_t> revisions;
  each_operation(request, [&](const RequestOp& one) {
    if (one.request_range().revision() > 0) revisions.insert(one.request_range().revision());
  });
  return revisions;
}

// What was not compacted away is there, the compacted revision itself too (RB-13); what is to come may only lack at a
// member that is behind.
bool is_rightly_out_of_range(const KvCall& call) {
  const std::set<int64_t> revisions = asked_for(call.request);
  if (revisions.empty() || call.status.code != kOutOfRange) return false;
  if (call.status.text == kCompacted) return *revisions.begin() < call.compacted;
  return call.status.text == kFuture && call.request.request_range().serializable();
}

bool names_lease(const RequestOp& request) {
  bool names = false;
  each_put(request, [&](const PutRequest& put) { names = names || put.lease() != 0; });
  return names;
}

class Checker {
 public:
  Checker(const Past& past, Violations& violations) : past_(past), violations_(violations) {
    for (const KeyChange& change : past.changes()) {
      if (change.after) places_[{change.key, change.after->kv.value()}].insert(change.revision);
    }
  }

  void check(const KvCall& call) {
    switch (call.operation.outcome) {
      case Outcome::kDone:
        return is_write(call.request) ? check_done_write(call) : check_read(call);
      case Outcome::kRefused:
        return check_refused(call);
      case Outcome::kUnknown:
        return check_unknown(call);
    }
  }
  // What was put tells who did it. What was only deleted may be the work of any call of unknown outcome that would have
  // done just that.
  std::set<uint64_t> claimed() && {
    for (const KeyChange& change : past_.changes()) {
      if (!change.after && !claimed_.contains(change.revision) && may_be_of_unseen(change.revision))
        claimed_.insert(change.revision);
    }
    return std::move(claimed_);
  }

 private:
  void check_read(const KvCall& call) {
    KvModel model(past_, call.operation.position, call.operation.position);
    compare("INV-L4", call, model.answer(call.request));
    const std::set<int64_t> revisions = asked_for(call.request);
    if (!revisions.empty() && *revisions.rbegin() > static_cast<int64_t>(call.operation.position)) {
      violations_.add("INV-L4", "a revision that was not there yet: " + described(call));
    }
  }

  // It has changed something, at its own revision, or nothing, and then this is the revision before.
  void check_done_write(const KvCall& call) {
    const uint64_t revision = call.operation.position;
    KvModel idle(past_, revision, revision + 1);
    const ResponseOp answer = idle.answer(call.request);
    if (idle.written().empty() && is_same(call.response, answer)) {
      if (!revisions_of(call).empty())
        violations_.add("INV-L2", "changed nothing, but is in the log: " + described(call));
      return;
    }
    KvModel model(past_, revision - 1, revision);
    compare("INV-L5", call, model.answer(call.request));
    if (!stands(model, revision)) {
      violations_.add("INV-D1", "acknowledged, but it does not stand in the log: " + described(call));
    }
    check_once(call);
    claim(revision, call);
  }

  void check_refused(const KvCall& call) {
    const bool lacks_lease = call.status.code == kNotFound && names_lease(call.request);
    if (!is_rightly_out_of_range(call) && !lacks_lease && call.status.code != kResourceExhausted) {
      violations_.add("answer", "v3 answered " + std::to_string(call.status.code) + " " + call.status.text + " to " +
                                    described(call) + ", compacted up to " + std::to_string(call.compacted));
    }
    if (!revisions_of(call).empty()) violations_.add("INV-L2", "refused, but in the log: " + described(call));
  }

  void check_unknown(const KvCall& call) {
    const std::set<uint64_t> revisions = revisions_of(call);
    if (revisions.empty()) return unseen_.push_back(&call);
    check_once(call);
    const uint64_t revision = *revisions.begin();
    KvModel model(past_, revision - 1, revision);
    model.answer(call.request);
    if (!stands(model, revision)) {
      violations_.add("INV-L5", "took effect in part, at " + std::to_string(revision) + ": " + described(call));
    }
    claim(revision, call);
  }

  void check_once(const KvCall& call) {
    const size_t times = revisions_of(call).size();
    if (times > 1) violations_.add("INV-L2", "took effect " + std::to_string(times) + " times: " + described(call));
  }

  // Where its values stand.
  std::set<uint64_t> revisions_of(const KvCall& call) const {
    std::set<uint64_t> revisions;
    each_put(call.request, [&](const PutRequest& put) {
      const auto found = places_.find({put.key(), put.value()});
      if (found != places_.end()) revisions.insert(found->second.begin(), found->second.end());
    });
    return revisions;
  }

  bool may_be_of_unseen(uint64_t revision) const {
    return std::ranges::any_of(unseen_, [&](const KvCall* call) {
      KvModel model(past_, revision - 1, revision);
      model.answer(call->request);
      return stands(model, revision);
    });
  }

  void claim(uint64_t revision, const KvCall& call) {
    if (!claimed_.insert(revision).second) {
      violations_.add("INV-A8", "two writes at one revision, this is one: " + described(call));
    }
  }

  bool stands(const KvModel& model, uint64_t revision) const {
    std::map<std::string, std::optional<std::string>> logged, wanted;
    for (const KeyChange* one : past_.changes_at(revision)) {
      logged[one->key] = one->after ? std::optional(one->after->kv.SerializeAsString()) : std::nullopt;
    }
    for (const auto& [key, state] : model.written()) {
      wanted[key] = state ? std::optional(state->SerializeAsString()) : std::nullopt;
    }
    return logged == wanted;
  }

  static bool is_same(ResponseOp told, const ResponseOp& wanted) {
    clear_headers(told);
    return told.SerializeAsString() == wanted.SerializeAsString();
  }

  void compare(const char* rule, const KvCall& call, const ResponseOp& wanted) {
    if (is_same(call.response, wanted)) return;
    violations_.add(rule,
                    "answered " + text_of(call.response) + " instead of " + text_of(wanted) + " to " + described(call));
  }

  const Past& past_;
  Violations& violations_;
  std::map<std::pair<std::string, std::string>, std::set<uint64_t>> places_;  // of a key's value
  std::set<uint64_t> claimed_;
  std::vector<const KvCall*> unseen_;  // of unknown outcome, and not in the log with any value
};

}  // namespace

std::set<uint64_t> check_kv(const std::vector<KvCall>& calls, const Past& past, Violations& violations) {
  Checker checker(past, violations);
  for (const KvCall& call : calls) checker.check(call);
  return std::move(checker).claimed();
}

void check_claimed(const std::string& prefix, const std::set<uint64_t>& claimed, const Past& past,
                   Violations& violations) {
  for (const KeyChange& change : past.changes()) {
    if (!change.key.starts_with(prefix) || claimed.contains(change.revision)) continue;
    const KeyState* const before = past.at(change.key, change.revision - 1);
    if (!change.after && before && before->kv.lease() != 0) continue;  // which may have ended
    violations.add("INV-L2", (change.after ? "nobody put " : "nobody deleted ") + change.key + " at " +
                                 std::to_string(change.revision));
  }
}

}  // namespace viaduct::sim
