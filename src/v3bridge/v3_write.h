// v3's writes: each is one transaction, and each changed key one event of it (bridge.md section 4).
// Errors: kLeaseNotFound, kKeyNotFound (of ignore_value and ignore_lease) and, for ranges in a txn, kCompacted and
//         kFutureRevision; all of them found before the first append (N5, INV-L5).
#pragma once

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace etcdserverpb {
class DeleteRangeRequest;
class PutRequest;
class TxnRequest;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

V3Result apply_put(const store::Store& store, store::Transaction& txn, const etcdserverpb::PutRequest& request);
V3Result apply_delete_range(const store::Store& store, store::Transaction& txn,
                            const etcdserverpb::DeleteRangeRequest& request);
V3Result apply_txn(const store::Store& store, store::Transaction& txn, const etcdserverpb::TxnRequest& request);

}  // namespace viaduct::v3bridge
