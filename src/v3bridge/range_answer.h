// The answer to a RangeRequest with all its options (v3-api.md 2.4), from whatever has the keys.
#pragma once

#include "v3bridge/key_source.h"

namespace etcdserverpb {
class RangeRequest;
class RangeResponse;
}  // namespace etcdserverpb

namespace viaduct::v3bridge {

// Fills kvs, count and more; the header is the caller's. `at`: the revision to read, 0 for now.
void answer_range(KeySource& source, const etcdserverpb::RangeRequest& request, Revision at,
                  etcdserverpb::RangeResponse& response);

}  // namespace viaduct::v3bridge
