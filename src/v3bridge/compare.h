// The conditions of a txn (v3-api.md 2.5, "Txn - execution").
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "v3bridge/key_source.h"

namespace etcdserverpb {
class Compare;
}

namespace viaduct::v3bridge {

// True if all compares hold for all keys they name, as the source has them now.
bool all_hold(KeySource& source, const google::protobuf::RepeatedPtrField<etcdserverpb::Compare>& compares);

}  // namespace viaduct::v3bridge
