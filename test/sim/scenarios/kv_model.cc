#include "test/sim/scenarios/kv_model.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

namespace viaduct::sim {
namespace {

using namespace etcdserverpb;
using mvccpb::KeyValue;

template <typename Value>
bool compares(Compare::CompareResult result, const Value& left, const Value& right) {
  switch (result) {
    case Compare::EQUAL:
      return left == right;
    case Compare::GREATER:
      return left > right;
    case Compare::LESS:
      return left < right;
    case Compare::NOT_EQUAL:
      return left != right;
    default:
      return false;
  }
}

bool is_in(const std::string& key, const std::string& first, const std::string& end) {
  if (end.empty()) return key == first;
  return key >= first && (end == std::string(1, '\0') || key < end);
}

}  // namespace

void clear_headers(ResponseOp& response) {
  if (response.has_response_range()) response.mutable_response_range()->clear_header();
  if (response.has_response_put()) response.mutable_response_put()->clear_header();
  if (response.has_response_delete_range()) response.mutable_response_delete_range()->clear_header();
  if (!response.has_response_txn()) return;
  response.mutable_response_txn()->clear_header();
  for (ResponseOp& one : *response.mutable_response_txn()->mutable_responses()) clear_headers(one);
}

KvModel::Keys KvModel::then(const std::string& key, const std::string& end, uint64_t revision) const {
  Keys keys;
  for (const auto& [name, state] : past_.range(key, end, revision)) keys.emplace(name, state->kv);
  return keys;
}

KvModel::Keys KvModel::now(const std::string& key, const std::string& end) const {
  Keys keys = then(key, end, base_);
  for (const auto& [name, state] : written_) {
    if (!is_in(name, key, end)) continue;
    if (state)
      keys[name] = *state;
    else
      keys.erase(name);
  }
  return keys;
}

std::optional<KeyValue> KvModel::now(const std::string& key) const {
  const auto own = written_.find(key);
  if (own != written_.end()) return own->second;
  const KeyState* state = past_.at(key, base_);
  return state ? std::optional(state->kv) : std::nullopt;
}

ResponseOp KvModel::answer(const RequestOp& request) {
  ResponseOp response;
  if (request.has_request_range()) *response.mutable_response_range() = range(request.request_range());
  if (request.has_request_put()) *response.mutable_response_put() = put(request.request_put());
  if (request.has_request_delete_range()) {
    *response.mutable_response_delete_range() = erase(request.request_delete_range());
  }
  if (request.has_request_txn()) *response.mutable_response_txn() = txn(request.request_txn());
  return response;
}

// The count is that of the whole range, whatever the limit.
RangeResponse KvModel::range(const RangeRequest& request) const {
  const Keys keys = request.revision() > 0
                        ? then(request.key(), request.range_end(), static_cast<uint64_t>(request.revision()))
                        : now(request.key(), request.range_end());
  RangeResponse response;
  response.set_count(static_cast<int64_t>(keys.size()));
  if (request.count_only()) return response;
  std::vector<KeyValue> found;
  for (const KeyValue& one : keys | std::views::values) found.push_back(one);
  if (request.sort_order() == RangeRequest::DESCEND) std::ranges::reverse(found);
  const bool cut = request.limit() > 0 && static_cast<int64_t>(found.size()) > request.limit();
  if (cut) found.resize(static_cast<size_t>(request.limit()));
  response.set_more(cut);
  for (KeyValue& one : found) {
    if (request.keys_only()) one.clear_value();
    *response.add_kvs() = std::move(one);
  }
  return response;
}

PutResponse KvModel::put(const PutRequest& request) {
  PutResponse response;
  const std::optional<KeyValue> before = now(request.key());
  if (before && request.prev_kv()) *response.mutable_prev_kv() = *before;
  KeyValue after;
  after.set_key(request.key());
  after.set_value(request.value());
  after.set_lease(request.lease());
  after.set_create_revision(before ? before->create_revision() : static_cast<int64_t>(next_));
  after.set_version(before ? before->version() + 1 : 1);
  after.set_mod_revision(static_cast<int64_t>(next_));
  written_[request.key()] = std::move(after);
  return response;
}

DeleteRangeResponse KvModel::erase(const DeleteRangeRequest& request) {
  DeleteRangeResponse response;
  for (auto& [key, state] : now(request.key(), request.range_end())) {
    response.set_deleted(response.deleted() + 1);
    if (request.prev_kv()) *response.add_prev_kvs() = state;
    written_[key] = std::nullopt;
  }
  return response;
}

TxnResponse KvModel::txn(const TxnRequest& request) {
  TxnResponse response;
  const auto holds_here = [this](const Compare& one) { return holds(one); };
  response.set_succeeded(std::ranges::all_of(request.compare(), holds_here));
  for (const RequestOp& one : response.succeeded() ? request.success() : request.failure()) {
    *response.add_responses() = answer(one);
  }
  return response;
}

// Of the state before the whole request, however deep it stands in it: all compares come before all writes. A key that
// is not there has zeros, and no value to compare; a range holds if all of its keys do.
bool KvModel::holds(const Compare& compare) const {
  const Keys keys = then(compare.key(), compare.range_end(), base_);
  if (keys.empty()) return compare.target() != Compare::VALUE && holds(compare, KeyValue());
  return std::ranges::all_of(keys | std::views::values, [&](const KeyValue& one) { return holds(compare, one); });
}

bool KvModel::holds(const Compare& compare, const KeyValue& key_value) const {
  switch (compare.target()) {
    case Compare::VERSION:
      return compares(compare.result(), key_value.version(), compare.version());
    case Compare::CREATE:
      return compares(compare.result(), key_value.create_revision(), compare.create_revision());
    case Compare::MOD:
      return compares(compare.result(), key_value.mod_revision(), compare.mod_revision());
    case Compare::VALUE:
      return compares(compare.result(), key_value.value(), compare.value());
    default:
      return compares(compare.result(), key_value.lease(), compare.lease());
  }
}

}  // namespace viaduct::sim
