// What v3's writes are refused for, found before anything is changed.
#pragma once

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace etcdserverpb {
class PutRequest;
class TxnRequest;
class TxnResponse;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

V3Error check_put(const store::Transaction& txn, const etcdserverpb::PutRequest& request);

// Both look at the operations of the branches that `chosen` (txn_choice.h) says are taken.
// At all puts, each as those before it will have left the state; then at all ranges.
V3Error check_txn(const store::Transaction& txn, const etcdserverpb::TxnRequest& request,
                  const etcdserverpb::TxnResponse& chosen);
// kCompacted, kFutureRevision.
V3Error check_ranges(const etcdserverpb::TxnRequest& request, const etcdserverpb::TxnResponse& chosen,
                     const store::Numbers& now);

}  // namespace viaduct::v3bridge
