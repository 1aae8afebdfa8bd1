// Follows raft on every member of a run with the model (test/model/trace_checker.h): what it does must be a way that
// the model may go (SIM-10). The calls of raft are wrapped where `sim` is linked, with the options in raft_calls.link,
// so that the server knows nothing of it.
// Threads: the raft threads of all members. One may stop in the middle of a call, for a while or for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "test/model/trace_checker.h"

namespace viaduct::sim {

class RaftTrace {
 public:
  // `complain` is called once, about the first step that is none of the model's.
  RaftTrace(raft::Configuration founders, std::function<void(const std::string&)> complain);
  ~RaftTrace() { current_ = nullptr; }
  static RaftTrace* current() { return current_; }

  // As it was when its newest Ready was taken, in this life or an earlier one.
  struct Standing {
    Term term;
    MemberId leader;
    Index furthest;  // the end of its log, whenever that was furthest
  };
  Standing standing(MemberId member) const;

  void stop() { is_over_ = true; }  // a member has lost what it acknowledged, which is beyond the model
  uint64_t steps() const { return checker_.steps(); }

  // --- for the calls that are wrapped ---
  void started(const raft::Raft& raft, uint64_t incarnation);
  void took(const raft::Raft& raft, const raft::Ready& ready);
  void persisted(const raft::Raft& raft, raft::WriteSequence sequence);
  // Any other step, as the checker has it.
  template <typename Tell>
  void tell(Tell tell) {
    if (is_over_) return;
    tell(checker_);
    if (!checker_.illegal().empty()) complain();
  }

 private:
  using Synced = std::pair<raft::WriteSequence, std::vector<raft::Message>>;
  void complain();

  static RaftTrace* current_;
  model::TraceChecker checker_;
  const std::function<void(const std::string&)> complain_;
  std::map<MemberId, std::vector<Synced>> to_be_sent_;  // once what they go with is persisted
  std::map<MemberId, Standing> standings_;
  bool is_over_ = false;
};

}  // namespace viaduct::sim
