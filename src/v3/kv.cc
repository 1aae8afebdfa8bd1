#include "v3/kv.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "v3/kv_check.h"
#include "v3/quota.h"
#include "v3bridge/key_row.h"
#include "v3bridge/range.h"
#include "v3bridge/txn_choice.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::CompactionRequest;
using etcdserverpb::CompactionResponse;
using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using v3bridge::Outcome;
using v3bridge::Read;
using v3bridge::V3Error;
using v3bridge::V3Result;
using CallPtr = std::unique_ptr<Call>;
using Records = std::vector<store::Record>;

const V3Result& result_of(const Outcome& outcome) { return std::get<V3Result>(outcome.body); }

// What the events of a change replaced or removed: v3 calls it prev_kv.
Records records_before(const V3Result& result) {
  Records before;
  for (const store::EventPtr& event : result.events) {
    if (event->prev) before.push_back(*event->prev);
  }
  return before;
}

bool are_in_memory(const Records& records) {
  return std::all_of(records.begin(), records.end(), [](const store::Record& record) { return bool(record.value); });
}

// What compaction took meanwhile is left out: nobody could read it any more either.
void load_values(const store::Store& store, Records& records) {
  for (store::Record& record : records) {
    if (!record.value) record.value = store.load_value(record.id);
  }
  std::erase_if(records, [](const store::Record& record) { return !record.value; });
}

void add_before(const store::Record& record, PutResponse& response) {
  v3bridge::fill(*response.mutable_prev_kv(), v3bridge::row_of(record));
}
void add_before(const store::Record& record, DeleteRangeResponse& response) {
  v3bridge::fill(*response.add_prev_kvs(), v3bridge::row_of(record));
}

bool reads_own_state(const TxnRequest& txn) {
  const auto is_serializable = [](const RequestOp& op) { return op.request_range().serializable(); };
  return txn.success_size() + txn.failure_size() > 0 &&
         std::all_of(txn.success().begin(), txn.success().end(), is_serializable) &&
         std::all_of(txn.failure().begin(), txn.failure().end(), is_serializable);
}

// How the two kinds of read go, fast and slow.
Read read_fast(const store::Store& store, const RangeRequest& request, RangeResponse& response) {
  return v3bridge::read_range_fast(store, request, response);
}
Read read_fast(const store::Store& store, const TxnRequest& request, TxnResponse& response) {
  return v3bridge::read_txn_fast(store, request, response);
}
Read read_slow(const store::Store& store, const RangeRequest& request, RangeResponse& response) {
  return v3bridge::read_range_slow(store, request, response);
}
Read read_slow(const store::Store& store, const TxnRequest& request, TxnResponse& response) {
  return v3bridge::read_txn_slow(store, request, response);
}

class Kv {
 public:
  Kv(v3bridge::Engine& engine, const ServiceOptions& options)
      : engine_(engine), options_(options), quota_(engine, options.quota_bytes) {}

  void range(CallPtr call, RangeRequest& request);
  void put(CallPtr call, PutRequest& request);
  void delete_range(CallPtr call, DeleteRangeRequest& request);
  void txn(CallPtr call, TxnRequest& request);
  void compact(CallPtr call, const CompactionRequest& request);

 private:
  template <typename Response, typename Request>
  void read_when_current(CallPtr call, Request& request, bool serializable);
  template <typename Response, typename Request>
  void read(CallPtr call, Request& request);
  template <typename Response>
  void answer_with(CallPtr call, Response response, Records before);
  void answer_compacted(CallPtr call);

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  Quota quota_;
};

void Kv::range(CallPtr call, RangeRequest& request) {
  if (Status status = check(request, options_.release); !status.ok()) return call->fail(std::move(status));
  if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
  read_when_current<RangeResponse>(std::move(call), request, request.serializable());
}

template <typename Response, typename Request>
void Kv::read_when_current(CallPtr call, Request& request, bool serializable) {
  if (serializable || engine_.reads_are_current()) return read<Response>(std::move(call), request);
  when_current(engine_, std::move(call), [this, kept = std::move(request)](CallPtr current) mutable {
    read<Response>(std::move(current), kept);
  });
}

template <typename Response, typename Request>
void Kv::read(CallPtr call, Request& request) {
  Response response;
  const Read read = read_fast(engine_.store(), request, response);
  if (read.error != V3Error::kNone) return call->fail(status_of(read.error));
  if (!read.needs_reader) {
    fill_header(engine_, read.head, *response.mutable_header());
    return call->reply(response);
  }
  answer_from_reader<Response>(engine_, std::move(call), [this, kept = std::move(request)](Response& slow) {
    const Read again = read_slow(engine_.store(), kept, slow);
    if (again.error == V3Error::kNone) fill_header(engine_, again.head, *slow.mutable_header());
    return status_of(again.error);
  });
}

void Kv::put(CallPtr call, PutRequest& request) {
  Command command;
  PutRequest& put = *command.mutable_put();
  put.Swap(&request);
  if (!quota_.admits(command, call)) return;
  if (Status status = check(put); !status.ok()) return call->fail(std::move(status));
  const size_t bytes = put.ByteSizeLong();
  propose(engine_, options_, std::move(call), bytes, std::move(command),
          [this, prev_kv = put.prev_kv()](CallPtr done, const Outcome& outcome) {
            PutResponse response;
            fill_header(engine_, outcome.revision, *response.mutable_header());
            answer_with(std::move(done), std::move(response), prev_kv ? records_before(result_of(outcome)) : Records());
          });
}

void Kv::delete_range(CallPtr call, DeleteRangeRequest& request) {
  if (Status status = check(request); !status.ok()) return call->fail(std::move(status));
  Command command;
  command.mutable_delete_range()->Swap(&request);
  const size_t bytes = command.delete_range().ByteSizeLong();
  const bool prev_kv = command.delete_range().prev_kv();
  propose(engine_, options_, std::move(call), bytes, std::move(command),
          [this, prev_kv](CallPtr done, const Outcome& outcome) {
            DeleteRangeResponse response;
            fill_header(engine_, outcome.revision, *response.mutable_header());
            response.set_deleted(static_cast<int64_t>(result_of(outcome).deleted));
            answer_with(std::move(done), std::move(response), prev_kv ? records_before(result_of(outcome)) : Records());
          });
}

// On a reader if a value of `before` is on the disk only.
template <typename Response>
void Kv::answer_with(CallPtr call, Response response, Records before) {
  if (are_in_memory(before)) {
    for (const store::Record& record : before) add_before(record, response);
    return call->reply(response);
  }
  answer_from_reader<Response>(
      engine_, std::move(call),
      [this, made = std::move(response), records = std::move(before)](Response& whole) mutable {
        load_values(engine_.store(), records);
        whole = std::move(made);
        for (const store::Record& record : records) add_before(record, whole);
        return Status();
      });
}

void Kv::txn(CallPtr call, TxnRequest& request) {
  Command command;
  TxnRequest& txn = *command.mutable_txn();
  txn.Swap(&request);
  if (!quota_.admits(command, call)) return;
  if (Status status = check(txn, options_.max_txn_ops, options_.release); !status.ok())
    return call->fail(std::move(status));
  if (v3bridge::is_read_only(txn)) {
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    return read_when_current<TxnResponse>(std::move(call), txn, reads_own_state(txn));
  }
  const size_t bytes = txn.ByteSizeLong();
  propose(engine_, options_, std::move(call), bytes, std::move(command), [this](CallPtr done, const Outcome& outcome) {
    TxnResponse& response = *result_of(outcome).txn;
    fill_header(engine_, outcome.revision, *response.mutable_header());
    done->reply(response);
  });
}

void Kv::compact(CallPtr call, const CompactionRequest& request) {
  if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
  if (request.revision() < 0) return call->fail(kCompacted);
  Command command;
  command.mutable_compact()->set_revision(static_cast<uint64_t>(request.revision()));
  propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command),
          [this, physical = request.physical()](CallPtr done, const Outcome&) {
            if (!physical) return answer_compacted(std::move(done));
            const auto next = [this](CallPtr clean, const Outcome&) { answer_compacted(std::move(clean)); };
            engine_.compaction_barrier(
                std::make_unique<CallDone<decltype(next)>>(engine_, std::move(done), next, InVain::kTimedOut));
          });
}

void Kv::answer_compacted(CallPtr call) {
  CompactionResponse response;
  fill_header(engine_, current_numbers(engine_.store()).revision, *response.mutable_header());
  call->reply(response);
}

}  // namespace

void add_kv_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options) {
  // Each method holds on to the service; it goes with the last of them.
  const auto kv = std::make_shared<Kv>(engine, options);
  methods.add_unary<RangeRequest, RangeResponse>(
      "/etcdserverpb.KV/Range", {"/kv/range"},
      [kv](CallPtr call, RangeRequest& request) { kv->range(std::move(call), request); });
  methods.add_unary<PutRequest, PutResponse>(
      "/etcdserverpb.KV/Put", {"/kv/put"},
      [kv](CallPtr call, PutRequest& request) { kv->put(std::move(call), request); });
  methods.add_unary<DeleteRangeRequest, DeleteRangeResponse>(
      "/etcdserverpb.KV/DeleteRange", {"/kv/deleterange"},
      [kv](CallPtr call, DeleteRangeRequest& request) { kv->delete_range(std::move(call), request); });
  methods.add_unary<TxnRequest, TxnResponse>(
      "/etcdserverpb.KV/Txn", {"/kv/txn"},
      [kv](CallPtr call, TxnRequest& request) { kv->txn(std::move(call), request); });
  methods.add_unary<CompactionRequest, CompactionResponse>(
      "/etcdserverpb.KV/Compact", {"/kv/compaction"},
      [kv](CallPtr call, CompactionRequest& request) { kv->compact(std::move(call), request); });
}

}  // namespace viaduct::v3
