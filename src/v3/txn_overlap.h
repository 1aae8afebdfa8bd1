// Whether a list of operations changes a key twice in a way that its order would decide (v3-api.md 2.5): a key that is
// put twice, or put and covered by a delete of the same list, wherever the two stand. Nested txns count with both
// branches, of which one at most runs: what is only in different branches of one txn does not meet.
// Pure. Takes time by the number of operations and their depth, not by its square.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

namespace etcdserverpb {
class RequestOp;
}

namespace viaduct::v3 {

bool has_overlap(const google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>& operations);

}  // namespace viaduct::v3
