// A range as one answer in disjoint pieces, so that it can go out while it is being read (RangeStream). All of it is
// one state; joined, the pieces are what read_range_slow() answers.
//
// What is asked for in order of keys is read piece by piece; any other order has to be known as a whole first.
// Threads:   one at a time, and one that may block.
// Ownership: borrows the store; pins the state while it lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/pinned_keys.h"
#include "v3bridge/range.h"

namespace viaduct::v3bridge {

class RangePieces {
 public:
  RangePieces(const store::Store& store, etcdserverpb::RangeRequest request);

  // Before the first piece: whether there is anything to read. kCompacted, kFutureRevision.
  Read begin();
  // The next piece, into an empty response without header: some thousand kvs or about a megabyte. False: it is the last
  // one, which also has more and count.
  bool next(etcdserverpb::RangeResponse& piece);

 private:
  bool read_some(etcdserverpb::RangeResponse& piece);
  bool take(const KeyRow& row, etcdserverpb::RangeResponse& piece);
  bool cut_some(etcdserverpb::RangeResponse& piece);

  const store::Store& store_;
  const etcdserverpb::RangeRequest request_;
  std::optional<PinnedKeys> keys_;  // from begin() on

  // In order of keys.
  std::string from_, end_;  // what is left
  uint64_t count_ = 0;
  uint64_t left_ = 0;  // rows until the limit
  bool more_ = false;  // there is one beyond it
  size_t piece_bytes_ = 0;

  // In another order: everything, of which the first `cut_` went out.
  etcdserverpb::RangeResponse whole_;
  int cut_ = 0;
};

}  // namespace viaduct::v3bridge
