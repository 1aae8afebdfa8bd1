// Linearizable reads on their way (RF-3): each batch gets an index from the leader, which may be this member, and is
// let go when the log is committed up to there. A change of leaders, or an answer that stays out, has it asked for
// again with a new token: a read has no effect, so its client need not know.
// Threads: the raft thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "raft/ready.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class Reads {
 public:
  using CompletionPtr = std::unique_ptr<v3bridge::Completion>;

  // Where a batch was asked about: here, when this member leads, else at the leader.
  struct Question {
    MemberId leader;
    Term term;
    uint64_t token = 0;  // raft's own, or ours when sent to another; unique for that leader
  };
  struct Batch {
    std::vector<CompletionPtr> reads;
    std::chrono::nanoseconds deadline{0};
    std::chrono::nanoseconds asked_at{0};
    std::optional<Question> asked;  // nothing: not under way
    std::optional<Index> index;
  };

  static constexpr std::chrono::milliseconds kAskAgainAfter{500};

  // `token`: any number; tokens go on from there. A random one, for an answer to an earlier process of this member may
  // come late, and its index is too old for the reads of this one (INV-R12).
  explicit Reads(uint64_t token) : newest_token_(token) {}

  void add(std::vector<CompletionPtr> reads, std::chrono::nanoseconds deadline);
  bool empty() const { return batches_.empty(); }
  size_t waiting() const;

  uint64_t next_token() { return ++newest_token_; }

  // Batches that should be asked about now: new ones, and those whose question went to another leader or term than this
  // one, or is too old.
  std::vector<Batch*> to_ask(MemberId leader, Term term, std::chrono::nanoseconds now);
  void answered(MemberId leader, uint64_t token, std::optional<Index> index);  // nothing: ask again

  // Those that may read once their index, at most `commit`, is applied here.
  struct Ready {
    Index index;
    std::vector<CompletionPtr> reads;
  };
  std::vector<Ready> ready(Index commit);
  std::vector<CompletionPtr> overdue(std::chrono::nanoseconds now);
  std::vector<CompletionPtr> all();  // at the end

 private:
  uint64_t newest_token_;
  std::deque<Batch> batches_;  // ascending in deadline
};

}  // namespace viaduct::server
