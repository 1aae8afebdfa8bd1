#include "v3bridge/v3_write.h"

#include <algorithm>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/directories.h"
#include "v3bridge/key_row.h"
#include "v3bridge/range_answer.h"
#include "v3bridge/txn_choice.h"
#include "v3bridge/v3_change.h"
#include "v3bridge/v3_check.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using store::Entry;
using store::EventPtr;
using store::Family;
using store::Transaction;

// The state inside a transaction: with its own writes, or at a revision before it.
class TransactionKeys final : public KeySource {
 public:
  explicit TransactionKeys(const Transaction& txn) : txn_(txn) {}

  void each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) override {
    if (range.is_empty()) return;
    if (at) return earlier(range, at, visit);
    const auto show = [&](const Entry& entry) {
      const Blob value = detail == Detail::kAll ? txn_.value(entry) : Blob();
      return visit(row_of(entry, value.view()));
    };
    if (!range.is_single()) return txn_.scan(Family::kKey, range.key, range.scan_end(), show);
    if (const Entry* entry = txn_.key(range.key)) show(*entry);
  }

  uint64_t count(const KeyRangeView& range, Revision at) override {
    if (at && !range.is_empty()) return txn_.count_keys_at(at, range.key, range.scan_end());
    uint64_t count = 0;
    each(range, at, Detail::kAllButValues, [&](const KeyRow&) { return ++count, true; });
    return count;
  }

 private:
  void earlier(const KeyRangeView& range, Revision at, const Visit& visit) const {
    txn_.scan_keys_at(at, range.key, range.scan_end(),
                      [&](const store::NodeView& node) { return visit(row_of(node)); });
  }

  const Transaction& txn_;
};

// Carries out a txn that was checked; fills the frame that choose() made.
class TxnRun {
 public:
  TxnRun(Transaction& txn, std::string_view v2_root, TransactionKeys& keys, V3Result& result)
      : txn_(txn), directories_(txn, v2_root), keys_(keys), result_(result) {}

  void run(const TxnRequest& request, TxnResponse& response) {
    const auto& branch = chosen_branch(request, response);
    for (int i = 0; i < branch.size(); ++i) run(branch[i], *response.mutable_responses(i));
  }

 private:
  void run(const RequestOp& op, ResponseOp& response) {
    switch (op.request_case()) {
      case RequestOp::kRequestRange:
        return range(op.request_range(), *response.mutable_response_range());
      case RequestOp::kRequestPut:
        return put(op.request_put(), *response.mutable_response_put());
      case RequestOp::kRequestDeleteRange:
        return delete_range(op.request_delete_range(), *response.mutable_response_delete_range());
      case RequestOp::kRequestTxn:
        return run(op.request_txn(), *response.mutable_response_txn());
      case RequestOp::REQUEST_NOT_SET:
        return;
    }
  }

  void range(const RangeRequest& request, RangeResponse& response) {
    const auto named = Revision(static_cast<uint64_t>(std::max<int64_t>(request.revision(), 0)));
    set_header(response);
    answer_range(keys_, request, named, response);
  }

  void put(const PutRequest& request, PutResponse& response) {
    const EventPtr event = put_key(txn_, directories_, request);
    set_header(response);
    if (request.prev_kv() && event->prev) fill(*response.mutable_prev_kv(), row_of(*event->prev));
    result_.events.push_back(event);
  }

  void delete_range(const DeleteRangeRequest& request, DeleteRangeResponse& response) {
    const std::vector<EventPtr> events = delete_keys(txn_, directories_, request);
    set_header(response);
    response.set_deleted(static_cast<int64_t>(events.size()));
    for (const EventPtr& event : events) {
      if (request.prev_kv()) fill(*response.add_prev_kvs(), row_of(*event->prev));
      result_.events.push_back(event);
    }
    result_.deleted += events.size();
  }

  // Inside a txn a header says the revision alone: that of the txn once it has changed something.
  template <typename Response>
  void set_header(Response& response) const {
    const Revision now = txn_.has_changes() ? txn_.revision() : txn_.numbers().revision;
    response.mutable_header()->set_revision(static_cast<int64_t>(now.value));
  }

  Transaction& txn_;
  Directories directories_;
  TransactionKeys& keys_;
  V3Result& result_;
};

}  // namespace

V3Result apply_put(const store::Store& store, Transaction& txn, const PutRequest& request) {
  V3Result result;
  result.error = check_put(txn, request);
  if (result.error != V3Error::kNone) return result;
  Directories directories(txn, store.v2_root());
  result.events.push_back(put_key(txn, directories, request));
  return result;
}

V3Result apply_delete_range(const store::Store& store, Transaction& txn, const DeleteRangeRequest& request) {
  V3Result result;
  Directories directories(txn, store.v2_root());
  result.events = delete_keys(txn, directories, request);
  result.deleted = result.events.size();
  return result;
}

V3Result apply_txn(const store::Store& store, Transaction& txn, const TxnRequest& request) {
  V3Result result;
  std::unique_ptr<TxnResponse, DeleteTxnResponse> response(new TxnResponse);
  TransactionKeys keys(txn);
  choose(keys, request, *response);
  result.error = check_txn(txn, request, *response);
  if (result.error != V3Error::kNone) return result;
  TxnRun(txn, store.v2_root(), keys, result).run(request, *response);
  result.txn = std::move(response);
  return result;
}

}  // namespace viaduct::v3bridge
