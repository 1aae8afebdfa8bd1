// Removal of one key or one directory as one event, with everything that goes along (bridge.md N1, T3, T5). Shared by
// v2 deletes, v3 deletes and the end of a lease.
#pragma once

#include <string_view>

#include "store/transaction.h"
#include "v3bridge/directories.h"

namespace viaduct::v3bridge {

// Appends one tombstone to the current event; the name must be live and must outlive the call.
void append_tombstone(store::Transaction& txn, store::Family family, std::string_view name, const EventKind& kind,
                      bool silent = false);

// Removes the key, which must be there. It makes no v2 event if v2 does not show it (P2, T4).
store::EventPtr remove_key(store::Transaction& txn, Directories& directories, std::string_view key,
                           const EventKind& kind);

// Removes the directory, which must be there and is not the root, with the visible keys at and below it and the
// directories below it.
store::EventPtr remove_directory(store::Transaction& txn, Directories& directories, std::string_view path,
                                 const EventKind& kind);

}  // namespace viaduct::v3bridge
