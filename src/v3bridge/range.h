// v3's reads: a range, or a txn that changes nothing, each on one state (INV-L5).
//
// The fast way works under one ReadLock, for what takes at most Store::kSliceNodes steps at the head, has its values in
// memory, and copies no more than a megabyte of them, but for a single key; anything else it leaves to the slow way,
// which pins the state and reads it in slices.
// Threads: *_fast any; *_slow one that may block.
// Errors:  kCompacted, kFutureRevision; the response is then of no use.
#pragma once

#include "store/store.h"
#include "v3bridge/outcome.h"

namespace etcdserverpb {
class RangeRequest;
class RangeResponse;
class TxnRequest;
class TxnResponse;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

struct Read {
  bool needs_reader = false;  // call the slow way; the response is as it was
  V3Error error = V3Error::kNone;
  Revision head;  // when it was read: what the header says
};

// The response is empty before. Its header, the outermost one of a txn, is the caller's to fill.
Read read_range_fast(const store::Store& store, const etcdserverpb::RangeRequest& request,
                     etcdserverpb::RangeResponse& response);
Read read_range_slow(const store::Store& store, const etcdserverpb::RangeRequest& request,
                     etcdserverpb::RangeResponse& response);

// The txn is_read_only() (txn_choice.h).
Read read_txn_fast(const store::Store& store, const etcdserverpb::TxnRequest& request,
                   etcdserverpb::TxnResponse& response);
Read read_txn_slow(const store::Store& store, const etcdserverpb::TxnRequest& request,
                   etcdserverpb::TxnResponse& response);

}  // namespace viaduct::v3bridge
