#include "v3bridge/replay.h"

#include "v3bridge/removal.h"

namespace viaduct::v3bridge {

using store::Action;

void replay_put(store::Transaction& txn, Directories& directories, const KeyRow& row, uint32_t sub) {
  const bool visible = directories.visible(row.key);
  const bool needs_parents = visible && !txn.key(row.key);
  store::Draft draft;
  draft.action = Action::kSet;
  draft.key = row.key;
  draft.value = Blob(row.value);
  draft.silent = !visible || txn.directory(row.key);
  draft.lease = row.lease;
  draft.life = store::Draft::Life{row.create_revision, row.version};
  txn.begin_event();
  txn.skip_to_sub(sub);
  txn.append(draft);
  if (needs_parents) directories.make_parents(row.key, false, {Action::kSet, false});
}

void replay_delete(store::Transaction& txn, Directories& directories, std::string_view key, uint32_t sub) {
  if (!txn.key(key)) return;
  txn.skip_to_sub(sub);
  remove_key(txn, directories, key, {Action::kDelete, false});
}

}  // namespace viaduct::v3bridge
