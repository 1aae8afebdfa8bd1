#include "test/v3bridge/key_model.h"

#include <algorithm>

namespace viaduct::v3bridge {

using etcdserverpb::Compare;
using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::PutRequest;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using mvccpb::KeyValue;

namespace {

template <typename Request>
bool in_range(const Request& request, const std::string& key) {
  if (request.range_end().empty()) return key == request.key();
  return key >= request.key() && (request.range_end() == std::string(1, '\0') || key < request.range_end());
}

bool is_filtered_out(const RangeRequest& request, const KeyValue& kv) {
  return (request.min_mod_revision() && kv.mod_revision() < request.min_mod_revision()) ||
         (request.max_mod_revision() && kv.mod_revision() > request.max_mod_revision()) ||
         (request.min_create_revision() && kv.create_revision() < request.min_create_revision()) ||
         (request.max_create_revision() && kv.create_revision() > request.max_create_revision());
}

bool is_below(const KeyValue& a, const KeyValue& b, RangeRequest::SortTarget target) {
  switch (target) {
    case RangeRequest::VERSION:
      return a.version() < b.version();
    case RangeRequest::CREATE:
      return a.create_revision() < b.create_revision();
    case RangeRequest::MOD:
      return a.mod_revision() < b.mod_revision();
    case RangeRequest::VALUE:
      return a.value() < b.value();
    default:
      return a.key() < b.key();
  }
}

void choose_rows(const RangeRequest& request, std::vector<KeyValue>& kvs) {
  const bool filters = request.min_mod_revision() || request.max_mod_revision() || request.min_create_revision() ||
                       request.max_create_revision();
  const auto most = static_cast<size_t>(request.limit()) + 1;
  if (request.limit() > 0 && !filters && request.sort_order() == RangeRequest::NONE && kvs.size() > most)
    kvs.resize(most);
  std::erase_if(kvs, [&](const KeyValue& kv) { return is_filtered_out(request, kv); });
  const bool descend = request.sort_order() == RangeRequest::DESCEND;
  if (!descend && request.sort_order() > RangeRequest::DESCEND) return;
  std::stable_sort(kvs.begin(), kvs.end(), [&](const KeyValue& a, const KeyValue& b) {
    return descend ? is_below(b, a, request.sort_target()) : is_below(a, b, request.sort_target());
  });
}

}  // namespace

std::vector<KeyValue> KeyModel::Draft::put(const PutRequest& request) {
  std::vector<KeyValue> before;
  KeyValue& kv = state[request.key()];
  if (kv.version() > 0) before.push_back(kv);
  kv.set_key(request.key());
  if (!request.ignore_value()) kv.set_value(request.value());
  if (!request.ignore_lease()) kv.set_lease(request.lease());
  if (kv.version() == 0) kv.set_create_revision(revision);
  kv.set_version(kv.version() + 1);
  kv.set_mod_revision(revision);
  changed = true;
  return before;
}

std::vector<KeyValue> KeyModel::Draft::erase(const DeleteRangeRequest& request) {
  std::vector<KeyValue> before;
  for (const auto& [key, kv] : state) {
    if (in_range(request, key)) before.push_back(kv);
  }
  for (const KeyValue& kv : before) state.erase(kv.key());
  changed = changed || !before.empty();
  return before;
}

void KeyModel::keep(Draft draft) {
  if (draft.changed) states_.push_back(std::move(draft.state));
}

void KeyModel::put(const PutRequest& request) {
  Draft next = draft();
  next.put(request);
  keep(std::move(next));
}

void KeyModel::erase(const DeleteRangeRequest& request) {
  Draft next = draft();
  next.erase(request);
  keep(std::move(next));
}

RangeResponse KeyModel::range(const RangeRequest& request) const {
  return range(request.revision() > 0 ? states_[static_cast<size_t>(request.revision())] : states_.back(), request);
}

RangeResponse KeyModel::range(const State& state, const RangeRequest& request) {
  std::vector<KeyValue> kvs;
  for (const auto& [key, kv] : state) {
    if (in_range(request, key)) kvs.push_back(kv);
  }
  RangeResponse response;
  response.set_count(static_cast<int64_t>(kvs.size()));
  if (request.count_only()) return response;
  choose_rows(request, kvs);
  for (KeyValue& kv : kvs) {
    if (request.limit() > 0 && response.kvs_size() == request.limit()) {
      response.set_more(true);
      break;
    }
    if (request.keys_only()) kv.clear_value();
    *response.add_kvs() = kv;
  }
  return response;
}

std::string KeyModel::txn(const TxnRequest& request) {
  TxnResponse response;
  Path path;
  choose(request, response, path);
  if (const int error = refusal(path)) return "error " + std::to_string(error);
  Draft next = draft();
  run(request, next, response);
  keep(std::move(next));
  return response.ShortDebugString();
}

void KeyModel::choose(const TxnRequest& request, TxnResponse& response, Path& path) const {
  response.mutable_header();
  response.set_succeeded(std::all_of(request.compare().begin(), request.compare().end(),
                                     [&](const Compare& compare) { return holds(compare); }));
  for (const RequestOp& op : response.succeeded() ? request.success() : request.failure()) {
    ResponseOp& answer = *response.add_responses();
    if (op.has_request_txn())
      choose(op.request_txn(), *answer.mutable_response_txn(), path);
    else
      path.push_back(&op);
  }
}

bool KeyModel::holds(const Compare& compare) const {
  std::vector<KeyValue> kvs;
  for (const auto& [key, kv] : states_.back()) {
    if (in_range(compare, key)) kvs.push_back(kv);
  }
  if (kvs.empty() && compare.target() == Compare::VALUE) return false;
  if (kvs.empty()) kvs.emplace_back();
  return std::all_of(kvs.begin(), kvs.end(), [&](const KeyValue& kv) {
    int64_t is = 0, wanted = 0;
    if (compare.target() == Compare::VERSION) is = kv.version(), wanted = compare.version();
    if (compare.target() == Compare::CREATE) is = kv.create_revision(), wanted = compare.create_revision();
    if (compare.target() == Compare::MOD) is = kv.mod_revision(), wanted = compare.mod_revision();
    if (compare.target() == Compare::LEASE) is = kv.lease(), wanted = compare.lease();
    if (compare.target() == Compare::VALUE) is = kv.value().compare(compare.value());
    switch (compare.result()) {
      case Compare::EQUAL:
        return is == wanted;
      case Compare::GREATER:
        return is > wanted;
      case Compare::LESS:
        return is < wanted;
      case Compare::NOT_EQUAL:
        return is != wanted;
      default:
        return true;
    }
  });
}

int KeyModel::refusal(const Path& path) const {
  Draft trial = draft();
  for (const RequestOp* op : path) {
    if (op->has_request_put()) {
      const PutRequest& put = op->request_put();
      if ((put.ignore_value() || put.ignore_lease()) && !trial.state.count(put.key())) return 7;
      if (put.lease() && !leases_.count(put.lease())) return 1;
      trial.put(put);
    }
    if (op->has_request_delete_range()) trial.erase(op->request_delete_range());
  }
  for (const RequestOp* op : path) {
    const int64_t revision = op->has_request_range() ? op->request_range().revision() : 0;
    if (revision > head()) return 4;
    if (revision != 0 && revision < compacted_) return 3;
  }
  return 0;
}

void KeyModel::run(const TxnRequest& request, Draft& draft, TxnResponse& response) const {
  int i = 0;
  for (const RequestOp& op : response.succeeded() ? request.success() : request.failure())
    run(op, draft, *response.mutable_responses(i++));
}

void KeyModel::run(const RequestOp& op, Draft& draft, ResponseOp& response) const {
  const auto set_header = [&](auto& answer) {
    answer.mutable_header()->set_revision(draft.changed ? draft.revision : draft.revision - 1);
  };
  if (op.has_request_txn()) run(op.request_txn(), draft, *response.mutable_response_txn());
  if (op.has_request_range()) {
    const RangeRequest& request = op.request_range();
    RangeResponse& answer = *response.mutable_response_range();
    answer = request.revision() > 0 ? range(request) : range(draft.state, request);
    set_header(answer);
  }
  if (op.has_request_put()) {
    const std::vector<KeyValue> before = draft.put(op.request_put());
    auto& answer = *response.mutable_response_put();
    if (op.request_put().prev_kv() && !before.empty()) *answer.mutable_prev_kv() = before[0];
    set_header(answer);
  }
  if (op.has_request_delete_range()) {
    const std::vector<KeyValue> before = draft.erase(op.request_delete_range());
    auto& answer = *response.mutable_response_delete_range();
    answer.set_deleted(static_cast<int64_t>(before.size()));
    if (op.request_delete_range().prev_kv()) answer.mutable_prev_kvs()->Assign(before.begin(), before.end());
    set_header(answer);
  }
}

}  // namespace viaduct::v3bridge
