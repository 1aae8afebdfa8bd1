#include "v3bridge/range.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/live_keys.h"
#include "v3bridge/pinned_keys.h"
#include "v3bridge/range_answer.h"
#include "v3bridge/range_options.h"
#include "v3bridge/txn_choice.h"
#include "v3bridge/v3_check.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using store::Numbers;
using store::Store;

Read done(V3Error error, Revision head) { return {.needs_reader = false, .error = error, .head = head}; }

Read gave_up(google::protobuf::Message& response) {
  response.Clear();
  return {.needs_reader = true, .error = V3Error::kNone, .head = Revision()};
}

V3Error check(Revision named, const Numbers& now) {
  if (named > now.revision) return V3Error::kFutureRevision;
  if (named && named < now.compacted_revision) return V3Error::kCompacted;
  return V3Error::kNone;
}

V3Error run_read_only(KeySource& source, const Numbers& now, const TxnRequest& request, TxnResponse& response) {
  choose(source, request, response);
  if (const V3Error error = check_ranges(request, response, now); error != V3Error::kNone) return error;
  int i = 0;
  for (const RequestOp& op : chosen_branch(request, response)) {
    RangeResponse& answer = *response.mutable_responses(i++)->mutable_response_range();
    answer.mutable_header()->set_revision(static_cast<int64_t>(now.revision.value));
    answer_range(source, op.request_range(), named_revision(op.request_range()), answer);
  }
  return V3Error::kNone;
}

}  // namespace

Read read_range_fast(const Store& store, const RangeRequest& request, RangeResponse& response) {
  const Store::ReadLock lock(store);
  LiveKeys keys(store);
  const Revision named = named_revision(request), head = keys.now().revision;
  if (const V3Error error = check(named, keys.now()); error != V3Error::kNone) return done(error, head);
  answer_range(keys, request, named, response);
  return keys.gave_up() ? gave_up(response) : done(V3Error::kNone, head);
}

Read read_range_slow(const Store& store, const RangeRequest& request, RangeResponse& response) {
  Result<PinnedKeys> keys = PinnedKeys::at(store, named_revision(request));
  if (!keys) return done(meaning(keys.error()), Revision());
  answer_range(*keys, request, Revision(), response);
  return done(V3Error::kNone, keys->now().revision);
}

Read read_txn_fast(const Store& store, const TxnRequest& request, TxnResponse& response) {
  const Store::ReadLock lock(store);
  LiveKeys keys(store);
  const V3Error error = run_read_only(keys, keys.now(), request, response);
  return keys.gave_up() ? gave_up(response) : done(error, keys.now().revision);
}

Read read_txn_slow(const Store& store, const TxnRequest& request, TxnResponse& response) {
  for (;;) {
    PinnedKeys keys = *PinnedKeys::at(store, Revision());  // the head is always kept
    const V3Error error = run_read_only(keys, keys.now(), request, response);
    if (!keys.lost_a_revision()) return done(error, keys.now().revision);
    response.Clear();  // once more: now that revision is refused, or the compare decides otherwise
  }
}

}  // namespace viaduct::v3bridge
