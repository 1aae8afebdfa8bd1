#include "test/sim/scenarios/large.h"

#include <algorithm>

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Violations;

constexpr char kPrefix[] = "/play/large/", kRefusedPrefix[] = "/play/refused/";
constexpr uint64_t kMostOperations = 128, kKeys = 200;
constexpr size_t kOperationBytes = 100;             // about
constexpr size_t kLimit = 1536 << 10, kRoom = 512;  // for all but the value
constexpr auto kPatience = 5s;
constexpr int kInvalidArgument = 3;

std::string key_of(uint64_t number) { return kPrefix + std::to_string(100 + number); }

}  // namespace

class Large::Client : KvClient {
 public:
  Client(Large& large, size_t number, uint64_t seed) : KvClient(large.stage_, large.kv_calls_, number, seed) {}

  void run() {
    while (!done()) {
      const uint64_t dice = below(100);
      if (dice < 20)
        put_many(std::min(kMostOperations - below(3), stage_.largest_request / kOperationBytes));
      else if (dice < 24)
        put_large(stage_.largest_request - kRoom - below(stage_.largest_request / 2));
      else if (dice < 40)
        put_large(below(stage_.largest_request / 10));
      else if (dice < 45)
        put_too_many();
      else if (dice < 47)
        put_too_large();
      else
        read();
      sleep_ms(20, 200);
      if (chance(10)) move();
    }
  }

 private:
  std::string value_of(size_t bytes) {
    std::string value = new_value() + " ";
    if (value.size() < bytes) value.resize(bytes, 'x');
    return value;
  }

  void put_many(uint64_t operations) {
    const uint64_t first = below(kKeys - operations);
    TxnRequest request;
    for (uint64_t i = 0; i < operations; ++i) {
      if (chance(90))
        add_put(request, key_of(first + i), new_value());
      else
        request.add_success()->mutable_request_delete_range()->set_key(key_of(first + i));
    }
    txn(request);
  }

  void put_large(size_t bytes) {
    RequestOp request;
    request.mutable_request_put()->set_key(key_of(below(4)));
    request.mutable_request_put()->set_value(value_of(bytes));
    ask(request);
  }

  void put_too_many() {
    TxnRequest request;
    for (uint64_t i = 0; i <= kMostOperations; ++i) add_put(request, kRefusedPrefix + std::to_string(i), "x");
    TxnResponse response;
    expect_refusal("KV/Txn", request, response, "etcdserver: too many operations in txn request");
  }

  void put_too_large() {
    PutRequest request;
    request.set_key(kRefusedPrefix);
    request.set_value(std::string(kLimit + 1, 'x'));
    PutResponse response;
    expect_refusal("KV/Put", request, response, "etcdserver: request is too large");
  }

  void expect_refusal(const char* method, const google::protobuf::MessageLite& request,
                      google::protobuf::MessageLite& response, const std::string& text) {
    const cluster_test::Status status = client_->call(method, request, response, kPatience);
    if (status.unknown() || status.code == cluster_test::Status::kNotSent) return move();
    if (status.code == kInvalidArgument && status.text == text) return;
    stage_.workload.complain("v3 answered " + std::to_string(status.code) + " " + status.text + " instead of " + text);
  }

  void read() {
    RangeRequest request = range_of(kPrefix);
    request.set_serializable(chance(50));
    request.set_keys_only(chance(80));
    range(request);
  }
};

void Large::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void Large::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix, kRefusedPrefix}, violations);
}

}  // namespace viaduct::sim
