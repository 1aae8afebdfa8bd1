#include "v3bridge/v3_write.h"

#include <string>
#include <utility>
#include <vector>

#include "v3bridge/directories.h"
#include "v3bridge/removal.h"
#include "v3bridge/v3_check.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Action;
using store::Draft;
using store::Entry;
using store::EventPtr;
using store::Family;
using store::Transaction;

EventPtr put(Transaction& txn, Directories& directories, const Put& command) {
  const std::string& key = command.key();
  const Entry* old = txn.key(key);
  const bool visible = directories.visible(key);
  const bool parents_exist = old || !visible;
  Draft draft;
  draft.action = Action::kSet;
  draft.key = key;
  draft.value = command.ignore_value() ? txn.value(*old) : Blob(command.value());
  draft.silent = !visible || txn.directory(key);
  draft.keep_lease = command.ignore_lease();
  if (!draft.keep_lease) draft.lease = LeaseId(command.lease());
  txn.begin_event();
  txn.append(draft);
  if (!parents_exist) directories.make_parents(key, false, {Action::kSet, false});
  return txn.event();
}

std::vector<std::string> keys_in(const Transaction& txn, const KeyRange& range) {
  std::vector<std::string> keys;
  if (range.empty()) return keys;
  txn.scan(Family::kKey, range.from, range.to, [&](const Entry& entry) {
    keys.emplace_back(entry.key());
    return true;
  });
  return keys;
}

}  // namespace

V3Result apply_v3_txn(const store::Store& store, Transaction& txn, const Txn& command) {
  V3Result result;
  result.error = check_v3_txn(txn, command);
  if (result.error != V3Error::kNone) return result;
  Directories directories(txn, store.v2_root());
  for (const Change& change : command.changes()) {
    if (change.has_put()) result.events.push_back(put(txn, directories, change.put()));
    if (!change.has_delete_range()) continue;
    for (const std::string& key : keys_in(txn, KeyRange(change.delete_range()))) {
      result.events.push_back(remove_key(txn, directories, key, {Action::kDelete, false}));
      ++result.deleted;
    }
  }
  return result;
}

}  // namespace viaduct::v3bridge
