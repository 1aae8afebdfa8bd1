// Changes of keys as another store recorded them (F2), as events of the transaction under way: P2 and T3 apply as they
// would have, v3's own numbers are taken over.
// Threads: apply thread, inside a transaction.
#pragma once

#include <string_view>

#include "store/transaction.h"
#include "v3bridge/directories.h"
#include "v3bridge/key_row.h"

namespace viaduct::v3bridge {

// A lease that is named must exist.
void replay_put(store::Transaction& txn, Directories& directories, const KeyRow& row, uint32_t sub);
// Of a key that is not there: does nothing.
void replay_delete(store::Transaction& txn, Directories& directories, std::string_view key, uint32_t sub);

}  // namespace viaduct::v3bridge
