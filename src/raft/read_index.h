// Reads that wait to be linearizable (dissertation 6.4). A read is good at its index once a quorum has answered a round
// of heartbeats begun after the read came, so the leader was still the leader then (INV-R12). Before the leader has
// committed an entry of its own term it does not know the commit index, and reads wait for that as well.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "raft/message.h"
#include "raft/ready.h"

namespace viaduct::raft {

class ReadIndex {
 public:
  // `index`: the commit index, once known. `needs`: the next round of heartbeats to begin.
  ReadToken add(std::optional<Index> index, Round needs);
  ReadToken answer(Index index);    // needs no round
  void commit_known(Index commit);  // the leader has committed in its term: those that waited for it read at `commit`
  void confirmed(Round round);      // a quorum has answered this round
  void fail_all();                  // leadership is over

  size_t pending() const { return pending_.size(); }
  bool has_results() const { return !results_.empty(); }
  std::vector<ReadResult> take_results();

 private:
  struct Read {
    ReadToken token;
    std::optional<Index> index;
    Round needs;
  };
  void settle();

  ReadToken newest_;
  Round confirmed_;
  std::deque<Read> pending_;  // ascending in token and needs; those without an index last
  std::vector<ReadResult> results_;
};

}  // namespace viaduct::raft
