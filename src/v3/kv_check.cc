#include "v3/kv_check.h"

#include <algorithm>

#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"
#include "v3/txn_overlap.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RangeRequest;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using Operations = google::protobuf::RepeatedPtrField<RequestOp>;

Status check_parts(const TxnRequest& txn, uint64_t budget, const Release& release);

Status check(const RequestOp& operation, uint64_t budget, const Release& release) {
  switch (operation.request_case()) {
    case RequestOp::kRequestRange:
      return v3::check(operation.request_range(), release);
    case RequestOp::kRequestPut:
      return v3::check(operation.request_put());
    case RequestOp::kRequestDeleteRange:
      return v3::check(operation.request_delete_range());
    case RequestOp::kRequestTxn:
      return check_parts(operation.request_txn(), budget, release);
    case RequestOp::REQUEST_NOT_SET:
      return kKeyNotFound;
  }
  return kKeyNotFound;
}

// A nested txn may have as many operations as its parents left over.
Status check_parts(const TxnRequest& txn, uint64_t budget, const Release& release) {
  const auto longest = static_cast<uint64_t>(std::max({txn.compare_size(), txn.success_size(), txn.failure_size()}));
  if (longest > budget) return kTooManyOps;
  for (const Compare& compare : txn.compare()) {
    if (compare.key().empty()) return kEmptyKey;
  }
  for (const Operations* list : {&txn.success(), &txn.failure()}) {
    for (const RequestOp& operation : *list) {
      if (Status status = check(operation, budget - longest, release); !status.ok()) return status;
    }
  }
  return {};
}

}  // namespace

Status check(const RangeRequest& request, const Release& release) {
  if (request.key().empty()) return kEmptyKey;
  if (!RangeRequest::SortTarget_IsValid(request.sort_target())) return kInvalidSortOption;
  if (release.checks_sort_order() && !RangeRequest::SortOrder_IsValid(request.sort_order())) return kInvalidSortOption;
  return {};
}

Status check(const etcdserverpb::PutRequest& request) {
  if (request.key().empty()) return kEmptyKey;
  if (request.ignore_value() && !request.value().empty()) return kValueProvided;
  if (request.ignore_lease() && request.lease() != 0) return kLeaseProvided;
  return {};
}

Status check(const etcdserverpb::DeleteRangeRequest& request) {
  return request.key().empty() ? Status(kEmptyKey) : Status();
}

Status check(const TxnRequest& request, uint64_t max_ops, const Release& release) {
  if (Status status = check_parts(request, max_ops, release); !status.ok()) return status;
  return has_overlap(request.success()) || has_overlap(request.failure()) ? Status(kDuplicateKey) : Status();
}

}  // namespace viaduct::v3
