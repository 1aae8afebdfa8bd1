#include "v3bridge/space.h"

#include <algorithm>

#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::PutRequest;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;

constexpr uint64_t kKeyBytes = 256;  // what a record takes besides key and value
constexpr uint64_t kLeaseBytes = 64;

uint64_t cost(const PutRequest& put) { return kKeyBytes + put.key().size() + put.value().size(); }

uint64_t cost(const V2Write& write) {
  if (write.operation() == V2Write::DELETE || write.operation() == V2Write::COMPARE_AND_DELETE) return 0;
  return kKeyBytes + write.path().size() + write.value().size();
}

uint64_t cost(const TxnRequest& txn);

uint64_t cost(const google::protobuf::RepeatedPtrField<RequestOp>& branch) {
  uint64_t sum = 0;
  for (const RequestOp& op : branch) {
    if (op.has_request_put()) sum += cost(op.request_put());
    if (op.has_request_txn()) sum += cost(op.request_txn());
  }
  return sum;
}

uint64_t cost(const TxnRequest& txn) { return std::max(cost(txn.success()), cost(txn.failure())); }

}  // namespace

uint64_t space_cost(const Command& command) {
  switch (command.body_case()) {
    case Command::kV2Write:
      return cost(command.v2_write());
    case Command::kPut:
      return cost(command.put());
    case Command::kTxn:
      return cost(command.txn());
    case Command::kLeaseGrant:
      return kLeaseBytes;
    default:
      return 0;
  }
}

}  // namespace viaduct::v3bridge
