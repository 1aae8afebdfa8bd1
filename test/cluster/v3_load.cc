#include "test/cluster/v3_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;

constexpr size_t kKeys = 4;
constexpr auto kPatience = 2s;

std::string key_of(uint64_t number) { return std::string(kV3Registers) + std::to_string(number); }
std::vector<std::string> pair() { return {std::string(kV3Registers) + "left", std::string(kV3Registers) + "right"}; }

Version version_of(const mvccpb::KeyValue& key_value) {
  return {key_value.value(), static_cast<uint64_t>(key_value.mod_revision()),
          static_cast<uint64_t>(key_value.create_revision())};
}

std::optional<Version> only(const google::protobuf::RepeatedPtrField<mvccpb::KeyValue>& key_values) {
  if (key_values.empty()) return std::nullopt;
  return version_of(key_values[0]);
}

template <typename Response>
uint64_t revision_of(const Response& response) {
  return static_cast<uint64_t>(response.header().revision());
}

void add_put(TxnRequest& txn, const std::string& key, const std::string& value) {
  PutRequest& put = *txn.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(value);
}

}  // namespace

void V3Load::run() {
  while (!done()) {
    act();
    sleep_ms(1, 8);
    if (chance(5)) move();
  }
}

void V3Load::read_all() {
  for (uint64_t i = 0; i < kKeys; ++i) read(key_of(i), false);
  read_pair();
}

void V3Load::act() {
  const std::string key = key_of(below(kKeys));
  const uint64_t dice = below(100);
  if (dice < 22) return put(key);
  if (dice < 47) return compare(key, false);
  if (dice < 52) return compare(key, true);
  if (dice < 58) return erase(key);
  if (dice < 65) return put_pair();
  if (dice < 73) return read_pair();
  read(key, dice >= 87);
}

void V3Load::put(const std::string& key) {
  Operation operation = begin(Action::kPut, {key});
  operation.value = new_value();
  PutRequest request;
  request.set_key(key);
  request.set_value(operation.value);
  request.set_prev_kv(true);
  PutResponse response;
  if (!answered(client_->call("KV/Put", request, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  operation.says_previous = true;
  if (response.has_prev_kv()) operation.previous = version_of(response.prev_kv());
  add(std::move(operation));
}

void V3Load::erase(const std::string& key) {
  Operation operation = begin(Action::kDelete, {key});
  DeleteRangeRequest request;
  request.set_key(key);
  request.set_prev_kv(true);
  DeleteRangeResponse response;
  if (!answered(client_->call("KV/DeleteRange", request, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  if (response.deleted() == 0) {
    operation.outcome = Outcome::kRefused;
  } else {
    operation.says_previous = true;
    operation.previous = only(response.prev_kvs());
  }
  known_.erase(key);
  add(std::move(operation));
}

void V3Load::compare(const std::string& key, bool erases) {
  Operation operation = begin(erases ? Action::kCompareAndDelete : Action::kCompareAndPut, {key});
  if (erases && !known_.contains(key)) return;  // there must be something to delete
  TxnRequest txn;
  operation.expected.emplace();
  expect(key, *operation.expected, txn);
  if (erases) {
    txn.add_success()->mutable_request_delete_range()->set_key(key);
  } else {
    operation.value = new_value();
    add_put(txn, key, operation.value);
  }
  TxnResponse response;
  if (!answered(client_->call("KV/Txn", txn, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  if (!response.succeeded()) operation.outcome = Outcome::kRefused;
  known_.erase(key);
  add(std::move(operation));
}

// What it knows of the key; sometimes what it knew is no longer so.
void V3Load::expect(const std::string& key, Expected& expected, TxnRequest& txn) {
  Compare& compare = *txn.add_compare();
  compare.set_key(key);
  compare.set_result(Compare::EQUAL);
  const auto known = known_.find(key);
  if (known == known_.end()) {
    compare.set_target(Compare::VERSION);
    compare.set_version(0);
  } else if (chance(50)) {
    expected.value = known->second.value;
    compare.set_target(Compare::VALUE);
    compare.set_value(known->second.value);
  } else {
    expected.modified = known->second.modified;
    compare.set_target(Compare::MOD);
    compare.set_mod_revision(static_cast<int64_t>(known->second.modified));
  }
}

void V3Load::put_pair() {
  Operation operation = begin(Action::kPut, pair());
  operation.value = new_value();
  TxnRequest txn;
  for (const std::string& key : operation.keys) add_put(txn, key, operation.value);
  TxnResponse response;
  if (!answered(client_->call("KV/Txn", txn, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  add(std::move(operation));
}

void V3Load::read(const std::string& key, bool serializable) {
  Operation operation = begin(serializable ? Action::kLocalRead : Action::kRead, {key});
  RangeRequest request;
  request.set_key(key);
  request.set_serializable(serializable);
  RangeResponse response;
  if (!answered(client_->call("KV/Range", request, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  operation.seen = {only(response.kvs())};
  if (operation.seen.front()) known_[key] = *operation.seen.front();
  add(std::move(operation));
}

void V3Load::read_pair() {
  Operation operation = begin(Action::kRead, pair());
  TxnRequest txn;
  for (const std::string& key : operation.keys) txn.add_success()->mutable_request_range()->set_key(key);
  TxnResponse response;
  if (!answered(client_->call("KV/Txn", txn, response, kPatience), operation)) return;
  operation.position = revision_of(response);
  for (const ResponseOp& one : response.responses()) operation.seen.push_back(only(one.response_range().kvs()));
  operation.seen.resize(operation.keys.size());
  add(std::move(operation));
}

// True: the answer can be read. What is not known is recorded here.
bool V3Load::answered(const Status& status, Operation& operation) {
  if (status.ok()) {
    operation.outcome = Outcome::kDone;
    return true;
  }
  if (status.unknown() && operation.is_write()) add(operation);
  constexpr int kResourceExhausted = 8;  // too many requests, or no space: refused, and rightly so
  if (!status.unknown() && status.code != Status::kNotSent && status.code != kResourceExhausted) {
    workload_.complain("v3 answered " + std::to_string(status.code) + " " + status.text + " to " + describe(operation));
  }
  move();
  return false;
}

void V3Load::add(Operation operation) {
  finish(operation);
  history_.add(std::move(operation));
}

}  // namespace viaduct::cluster_test
