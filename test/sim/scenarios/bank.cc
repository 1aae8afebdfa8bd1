#include "test/sim/scenarios/bank.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace viaduct::sim {
namespace {

using namespace etcdserverpb;
using cluster_test::Outcome;
using cluster_test::Violations;

constexpr char kDirectory[] = "/play/bank";
constexpr char kPrefix[] = "/play/bank/";
constexpr size_t kAccounts = 5;
constexpr int64_t kOpening = 100, kTotal = kAccounts * kOpening;

std::string account(uint64_t number) { return kPrefix + std::to_string(number); }
int64_t balance_of(const std::string& value) { return std::strtoll(value.c_str(), nullptr, 10); }

struct Account {
  std::string key;
  int64_t balance = 0;
  int64_t mod_revision = 0;  // 0: it is closed
};

Account find(const RangeResponse& all, const std::string& key) {
  for (const mvccpb::KeyValue& one : all.kvs()) {
    if (one.key() == key) return {key, balance_of(one.value()), one.mod_revision()};
  }
  return {key};
}

}  // namespace

class Bank::Client : KvClient {
 public:
  Client(Bank& bank, size_t number, uint64_t seed)
      : KvClient(bank.stage_, bank.kv_calls_, number, seed), onlooker_(bank.stage_, bank.v2_sights_, number, seed) {}

  void run() {
    open();
    while (!done()) {
      act();
      sleep_ms(5, 30);
      if (chance(5)) move();
    }
  }

 private:
  void open() {
    TxnRequest request;
    add_compare_create(request, kPrefix, 0);  // once, whatever becomes of the accounts
    add_put(request, kPrefix, std::to_string(0) + " " + new_value());
    for (size_t i = 0; i < kAccounts; ++i) add_put(request, account(i), std::to_string(kOpening) + " " + new_value());
    txn(request);
  }

  void act() {
    const uint64_t dice = below(100);
    if (dice < 55) return move_money();
    if (dice < 65) return look_back();
    if (dice < 85) {
      RangeRequest request = range_of(kPrefix);
      request.set_serializable(chance(50));
      range(request);
      return;
    }
    onlooker_.look(kDirectory, chance(50));
  }

  void move_money() {
    RangeRequest request = range_of(kPrefix);
    request.set_serializable(chance(30));
    const std::optional<RangeResponse> all = range(request);
    if (!all || all->kvs().empty()) return;
    const Account from = find(*all, account(below(kAccounts))), to = find(*all, account(below(kAccounts)));
    if (from.key == to.key || from.mod_revision == 0) return;
    const int64_t sum = chance(20) ? from.balance : std::min<int64_t>(from.balance, static_cast<int64_t>(below(30)));
    txn(transfer(from, to, sum));
    if (chance(50)) revision_ = all->header().revision();
  }

  TxnRequest transfer(const Account& from, const Account& to, int64_t sum) {
    const std::string rest = std::to_string(from.balance - sum) + " " + new_value();
    const std::string filled = std::to_string(to.balance + sum) + " " + new_value();
    TxnRequest request;
    for (const Account* one : {&from, &to}) add_compare_mod(request, one->key, one->mod_revision);
    *request.add_failure()->mutable_request_range() = range_of(kPrefix);
    if (sum == from.balance && chance(30)) {  // the account is closed
      request.add_success()->mutable_request_delete_range()->set_key(from.key);
      add_put(request, to.key, filled);
      *request.add_success()->mutable_request_range() = range_of(kPrefix);
    } else if (chance(50)) {
      add_put(request, from.key, rest);
      add_put(request, to.key, filled);
    } else {
      add_put(request, from.key, rest);
      *request.add_success()->mutable_request_txn() = second_half(from, to.key, filled);
    }
    return request;
  }

  // Its compare is one of what was before the first half; its range, nested once more, sees the whole.
  static TxnRequest second_half(const Account& from, const std::string& key, const std::string& value) {
    TxnRequest nested;
    add_compare_mod(nested, from.key, from.mod_revision);
    add_put(nested, key, value);
    *nested.add_success()->mutable_request_txn()->add_success()->mutable_request_range() = range_of(kPrefix);
    return nested;
  }

  void look_back() {
    if (revision_ == 0) return;
    RangeRequest request = range_of(kPrefix);
    request.set_revision(revision_);
    request.set_serializable(chance(50));
    if (chance(50)) {
      range(request);
    } else {  // beside a write, in one transaction
      TxnRequest both;
      *both.add_success()->mutable_request_range() = request;
      *both.add_success()->mutable_request_range() = range_of(kPrefix);
      txn(both);
    }
  }

  V2Onlooker onlooker_;
  int64_t revision_ = 0;
};

void Bank::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void Bank::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix}, violations);
  for (const V2Sight& sight : v2_sights_.all()) check_v2_sight(sight, evidence.past, violations);
  check_totals(kv_calls_.all(), v2_sights_.all(), violations);
  check_balances(evidence.past, violations);
}

namespace {

void check_total(const RangeResponse& all, const KvCall& call, Violations& violations) {
  int64_t total = 0;
  for (const mvccpb::KeyValue& one : all.kvs()) total += balance_of(one.value());
  if (!all.kvs().empty() && total != kTotal) {
    violations.add("INV-L5", "the accounts add up to " + std::to_string(total) + " in " + describe(call.operation));
  }
}

void check_total(const ResponseOp& response, const KvCall& call, Violations& violations) {
  if (response.has_response_range()) check_total(response.response_range(), call, violations);
  for (const ResponseOp& one : response.response_txn().responses()) check_total(one, call, violations);
}

}  // namespace

void check_totals(const std::vector<KvCall>& calls, const std::vector<V2Sight>& sights, Violations& violations) {
  for (const KvCall& call : calls) check_total(call.response, call, violations);
  for (const V2Sight& sight : sights) {
    int64_t total = 0;
    for (const auto& [key, file] : sight.files) total += balance_of(file.value);
    if (!sight.files.empty() && total != kTotal) {
      violations.add("INV-L6", "v2's accounts add up to " + std::to_string(total) + " in " + describe(sight.operation));
    }
  }
}

void check_balances(const Past& past, Violations& violations) {
  for (const auto& [key, state] : past.range(kPrefix, end_of_prefix(kPrefix), past.last_revision())) {
    if (balance_of(state->kv.value()) < 0) violations.add("INV-L5", key + " is overdrawn: " + state->kv.value());
  }
}

}  // namespace viaduct::sim
