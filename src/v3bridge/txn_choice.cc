#include "v3bridge/txn_choice.h"

#include <algorithm>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/compare.h"

namespace viaduct::v3bridge {

using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using google::protobuf::RepeatedPtrField;

void choose(KeySource& source, const TxnRequest& request, TxnResponse& response) {
  response.mutable_header();
  response.set_succeeded(all_hold(source, request.compare()));
  const RepeatedPtrField<RequestOp>& branch = chosen_branch(request, response);
  response.mutable_responses()->Reserve(branch.size());
  for (const RequestOp& op : branch) {
    ResponseOp& answer = *response.add_responses();
    if (op.has_request_txn()) choose(source, op.request_txn(), *answer.mutable_response_txn());
  }
}

const RepeatedPtrField<RequestOp>& chosen_branch(const TxnRequest& request, const TxnResponse& response) {
  return response.succeeded() ? request.success() : request.failure();
}

bool is_read_only(const TxnRequest& request) {
  const auto only_ranges = [](const RepeatedPtrField<RequestOp>& branch) {
    return std::all_of(branch.begin(), branch.end(), [](const RequestOp& op) { return op.has_request_range(); });
  };
  return only_ranges(request.success()) && only_ranges(request.failure());
}

}  // namespace viaduct::v3bridge
