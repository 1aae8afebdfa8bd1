// The changes of one v3 transaction, in order, at one revision; each changed key is one event (bridge.md section 4).
// Errors: kLeaseNotFound, kKeyNotFound (of ignore_value and ignore_lease), found before the first append (N5).
#pragma once

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class Txn;
}

namespace viaduct::v3bridge {

V3Result apply_v3_txn(const store::Store& store, store::Transaction& txn, const Txn& command);

}  // namespace viaduct::v3bridge
