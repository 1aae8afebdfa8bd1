#include "v3bridge/v3_change.h"

#include <cassert>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "store/key_range.h"
#include "v3bridge/removal.h"

namespace viaduct::v3bridge {
namespace {

using store::Action;
using store::Draft;
using store::Entry;
using store::EventPtr;
using store::Family;
using store::Transaction;

std::vector<std::string> keys_in(const Transaction& txn, const store::KeyRangeView& range) {
  std::vector<std::string> keys;
  if (range.is_empty()) return keys;
  if (range.is_single()) {
    if (txn.key(range.key)) keys.emplace_back(range.key);
    return keys;
  }
  txn.scan(Family::kKey, range.key, range.scan_end(), [&](const Entry& entry) {
    keys.emplace_back(entry.key());
    return true;
  });
  return keys;
}

}  // namespace

EventPtr put_key(Transaction& txn, Directories& directories, const etcdserverpb::PutRequest& request) {
  const std::string& key = request.key();
  const Entry* old = txn.key(key);
  assert(old || (!request.ignore_value() && !request.ignore_lease()));
  const bool visible = directories.visible(key);
  const bool needs_parents = visible && !old;
  Draft draft;
  draft.action = Action::kSet;
  draft.key = key;
  draft.value = request.ignore_value() ? txn.value(*old) : Blob(request.value());
  draft.silent = !visible || txn.directory(key);
  draft.keep_lease = request.ignore_lease();
  if (!draft.keep_lease) draft.lease = LeaseId(static_cast<uint64_t>(request.lease()));
  txn.begin_event();
  txn.append(draft);
  if (needs_parents) directories.make_parents(key, false, {Action::kSet, false});
  return txn.event();
}

std::vector<EventPtr> delete_keys(Transaction& txn, Directories& directories,
                                  const etcdserverpb::DeleteRangeRequest& request) {
  std::vector<EventPtr> events;
  for (const std::string& key : keys_in(txn, store::KeyRangeView{request.key(), request.range_end()}))
    events.push_back(remove_key(txn, directories, key, {Action::kDelete, false}));
  return events;
}

}  // namespace viaduct::v3bridge
