#include "v3/watch_request.h"

#include <algorithm>
#include <utility>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3 {

using etcdserverpb::WatchCreateRequest;
using store::Entry;
using store::KeyRange;
using store::Store;

namespace {

constexpr int64_t kFirstRevision = 2;  // that has events

// The key lives and is as it was before `seq`: nothing happened to it since. Needs a ReadLock held by the caller.
bool is_unchanged_since(const Store& store, const KeyRange& range, Seq seq) {
  const Entry* const entry = range.is_single() ? store.find(store::Family::kKey, range.key) : nullptr;
  return entry && entry->id().seq < seq;
}

}  // namespace

KeyRange range_of(WatchCreateRequest& request) {
  KeyRange range{std::move(*request.mutable_key()), std::move(*request.mutable_range_end())};
  if (range.key.empty()) range.key = '\0';
  return range;
}

WatchView view_of(const WatchCreateRequest& request) {
  WatchView view{.prev_kv = request.prev_kv()};
  for (const int filter : request.filters()) {
    view.no_put = view.no_put || filter == WatchCreateRequest::NOPUT;
    view.no_delete = view.no_delete || filter == WatchCreateRequest::NODELETE;
  }
  return view;
}

WatchStart start_of(const Store& store, const KeyRange& range, int64_t revision) {
  const Store::ReadLock lock(store);
  const store::Numbers now = store.numbers();
  WatchStart start{.head = now.revision, .next = now.seq.next()};
  if (revision != 0 && revision < now.compacted_or_none()) {
    start.is_compacted = true;
  } else if (revision <= 0 || revision > static_cast<int64_t>(now.revision.value)) {
    return start;
  } else {
    const Seq first = store.first_seq(Revision(static_cast<uint64_t>(std::max(revision, kFirstRevision))));
    if (!is_unchanged_since(store, range, first)) start.next = first;
  }
  return start;
}

}  // namespace viaduct::v3
