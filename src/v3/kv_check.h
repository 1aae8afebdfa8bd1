// What a KV request is refused for before it goes to the log, in etcd's order and words (v3-api.md 2.4, 2.5).
// Pure: looks at the request alone.
#pragma once

#include <cstdint>

#include "v3/release.h"
#include "v3/status.h"

namespace etcdserverpb {
class DeleteRangeRequest;
class PutRequest;
class RangeRequest;
class TxnRequest;
}  // namespace etcdserverpb

namespace viaduct::v3 {

Status check(const etcdserverpb::RangeRequest& request, const Release& release);
Status check(const etcdserverpb::PutRequest& request);
Status check(const etcdserverpb::DeleteRangeRequest& request);
// Its size, its parts, and that no list of operations puts a key twice, or puts what it also deletes.
Status check(const etcdserverpb::TxnRequest& request, uint64_t max_ops, const Release& release);

}  // namespace viaduct::v3
