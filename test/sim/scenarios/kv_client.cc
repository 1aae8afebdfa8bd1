#include "test/sim/scenarios/kv_client.h"

#include <algorithm>
#include <utility>

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Operation;
using cluster_test::Outcome;
using cluster_test::Status;

constexpr auto kPatience = 2s;

// Whether any of these, or of what is nested in them, may change something.
template <typename Operations>
bool any_writes(const Operations& operations) {
  for (const RequestOp& one : operations) {
    if (is_write(one)) return true;
  }
  return false;
}

// The first key that it names, for messages.
std::string named(const RequestOp& request) {
  if (request.has_request_range()) return "range " + request.request_range().key();
  if (request.has_request_put()) return "put " + request.request_put().key();
  if (request.has_request_delete_range()) return "delete " + request.request_delete_range().key();
  return "txn of " + std::to_string(request.request_txn().success_size());
}

}  // namespace

bool is_write(const RequestOp& request) {
  if (request.has_request_range()) return false;
  if (!request.has_request_txn()) return true;
  return any_writes(request.request_txn().success()) || any_writes(request.request_txn().failure());
}

uint64_t revision_of(const ResponseOp& response) {
  const ResponseHeader& header = response.has_response_range()          ? response.response_range().header()
                                 : response.has_response_put()          ? response.response_put().header()
                                 : response.has_response_delete_range() ? response.response_delete_range().header()
                                                                        : response.response_txn().header();
  return static_cast<uint64_t>(header.revision());
}

Status KvClient::send(const RequestOp& request, ResponseOp& response) {
  if (request.has_request_range())
    return client_->call("KV/Range", request.request_range(), *response.mutable_response_range(), kPatience);
  if (request.has_request_put())
    return client_->call("KV/Put", request.request_put(), *response.mutable_response_put(), kPatience);
  if (request.has_request_delete_range())
    return client_->call("KV/DeleteRange", request.request_delete_range(), *response.mutable_response_delete_range(),
                         kPatience);
  return client_->call("KV/Txn", request.request_txn(), *response.mutable_response_txn(), kPatience);
}

std::optional<ResponseOp> KvClient::ask(const RequestOp& request) {
  const bool local = request.has_request_range() && request.request_range().serializable();
  const auto action = is_write(request) ? cluster_test::Action::kPut
                      : local           ? cluster_test::Action::kLocalRead
                                        : cluster_test::Action::kRead;
  KvCall call{begin(action, {named(request)}), request, {}, {}};
  call.status = status_ = send(request, call.response);
  call.compacted = stage_.compactions.furthest();
  const bool done = status_.ok();
  if (status_.code == Status::kNotSent || (status_.unknown() && !is_write(request))) {
    move();
    return std::nullopt;
  }
  call.operation.outcome = done ? Outcome::kDone : status_.unknown() ? Outcome::kUnknown : Outcome::kRefused;
  if (done) call.operation.position = revision_of(call.response);
  finish(call.operation);
  if (done) {
    newest_ = std::max(newest_, static_cast<int64_t>(call.operation.position));
    Operation answered = call.operation;
    // A transaction may have written nothing: then its revision is the one before it.
    if (request.has_request_txn() || request.has_request_delete_range()) answered.action = cluster_test::Action::kRead;
    stage_.answered.add(std::move(answered));
  }
  std::optional<ResponseOp> response;
  if (done) response = call.response;
  calls_.add(std::move(call));
  if (!done) move();
  return response;
}

std::optional<RangeResponse> KvClient::range(const RangeRequest& request) {
  RequestOp op;
  *op.mutable_request_range() = request;
  std::optional<ResponseOp> response = ask(op);
  if (!response) return std::nullopt;
  return std::move(*response->mutable_response_range());
}

std::optional<TxnResponse> KvClient::txn(const TxnRequest& request) {
  RequestOp op;
  *op.mutable_request_txn() = request;
  std::optional<ResponseOp> response = ask(op);
  if (!response) return std::nullopt;
  return std::move(*response->mutable_response_txn());
}

void KvClient::compact(int64_t revision) {
  if (!stage_.compactions.ask(*client_, revision, chance(30), kPatience).ok()) move();
}

int64_t KvClient::earlier(uint64_t most) {
  const auto known = static_cast<uint64_t>(newest_);
  return known == 0 ? 0 : newest_ - static_cast<int64_t>(below(std::min(known, most)));
}

RangeRequest range_of(const std::string& prefix) {
  RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(end_of_prefix(prefix));
  return request;
}

void add_put(TxnRequest& txn, const std::string& key, const std::string& value) {
  PutRequest& put = *txn.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(value);
}

void add_compare_mod(TxnRequest& txn, const std::string& key, int64_t mod_revision) {
  Compare& compare = *txn.add_compare();
  compare.set_key(key);
  compare.set_target(Compare::MOD);
  compare.set_result(Compare::EQUAL);
  compare.set_mod_revision(mod_revision);
}

void add_compare_create(TxnRequest& txn, const std::string& key, int64_t create_revision) {
  Compare& compare = *txn.add_compare();
  compare.set_key(key);
  compare.set_target(Compare::CREATE);
  compare.set_result(Compare::EQUAL);
  compare.set_create_revision(create_revision);
}

}  // namespace viaduct::sim
