// What a client asks for when it creates a watch (v3-api.md 2.6, Create).
#pragma once

#include "base/ids.h"
#include "store/key_range.h"
#include "store/store.h"
#include "v3/watch.h"

namespace etcdserverpb {
class WatchCreateRequest;
}

namespace viaduct::v3 {

// An empty key means the key of one zero byte. Takes the names out of the request.
store::KeyRange range_of(etcdserverpb::WatchCreateRequest& request);
WatchView view_of(const etcdserverpb::WatchCreateRequest& request);

// Where a watch begins: at `revision`, or with what comes after now if that is 0 or not there yet.
struct WatchStart {
  Revision head;
  bool is_compacted = false;  // and then nothing of this:
  Seq next{};
};
WatchStart start_of(const store::Store& store, const store::KeyRange& range, int64_t revision);

}  // namespace viaduct::v3
