// Which branches a txn takes: all its compares, those of txns nested in a chosen branch too, are evaluated against the
// state before the txn (v3-api.md 2.5).
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "v3bridge/key_source.h"

namespace etcdserverpb {
class RequestOp;
class TxnRequest;
class TxnResponse;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

// The frame of the answer: `succeeded` of the txn and of all nested ones on the way, and an empty response for each
// chosen operation.
void choose(KeySource& source, const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response);

// The operations of the branch that was chosen.
const google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>& chosen_branch(
    const etcdserverpb::TxnRequest& request, const etcdserverpb::TxnResponse& response);

// True if no branch can change anything: it holds nothing but ranges, no nested txn either.
bool is_read_only(const etcdserverpb::TxnRequest& request);

}  // namespace viaduct::v3bridge
