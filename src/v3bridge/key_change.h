// The v3 view of an event: the changes of keys in it, in order. Directories are not seen (T1).
#pragma once

#include <optional>

#include "store/record.h"
#include "store/store.h"
#include "v3bridge/key_row.h"

namespace viaduct::v3bridge {

// A put or a deletion as a watcher is told of it. Borrows its bytes.
struct KeyChange {
  bool deleted = false;
  KeyRow row;                  // of a deletion: key and mod_revision alone
  std::optional<KeyRow> prev;  // what the key was at the revision before
};

// Without `prev`.
KeyChange change_of(const store::Record& record);

template <typename Visit>
void each_key_record(const store::Event& event, const Visit& visit) {
  if (event.record.family == store::Family::kKey) visit(event.record);
  for (const store::Record& companion : event.companions) {
    if (companion.family == store::Family::kKey) visit(companion);
  }
}

// What a key was at the revision before the one that `record`, of `event`, belongs to.
struct Previous {
  const store::Record* record = nullptr;  // null: nothing, or `in_log`
  bool in_log = false;                    // load_previous() finds it, on a thread that may block
};
Previous previous(const store::Event& event, const store::Record& record);
std::optional<store::Record> load_previous(const store::Store& store, const store::Record& record);

}  // namespace viaduct::v3bridge
