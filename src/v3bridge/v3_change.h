// The two changes that v3 knows, as events of the transaction under way. Checked before (v3_check.h).
#pragma once

#include <vector>

#include "store/transaction.h"
#include "v3bridge/directories.h"

namespace etcdserverpb {
class DeleteRangeRequest;
class PutRequest;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

store::EventPtr put_key(store::Transaction& txn, Directories& directories, const etcdserverpb::PutRequest& request);
// One event per key, in byte order.
std::vector<store::EventPtr> delete_keys(store::Transaction& txn, Directories& directories,
                                         const etcdserverpb::DeleteRangeRequest& request);

}  // namespace viaduct::v3bridge
