#include "test/sim/scenarios/append_lists.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Action;
using cluster_test::Operation;
using cluster_test::Outcome;
using cluster_test::V2Answer;
using cluster_test::V2Client;
using cluster_test::Violations;

constexpr char kPrefix[] = "/play/list/";
constexpr uint64_t kLists = 2;          // at a time
constexpr size_t kLongestBytes = 1500;  // then another is begun
constexpr auto kPatience = 2s;
constexpr int kNotFound = 100, kCompareFailed = 101, kExists = 105;

std::string list_key(uint64_t number) { return kPrefix + std::to_string(number); }

std::string joined(const std::string& list, const std::string& element) {
  return list.empty() ? element : list + "," + element;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> elements;
  for (size_t from = 0; from < list.size();) {
    const size_t to = std::min(list.find(',', from), list.size());
    elements.push_back(list.substr(from, to - from));
    from = to + 1;
  }
  return elements;
}

bool is_beginning(const std::string& list, const std::string& of) {
  return of.starts_with(list) && (list.empty() || list.size() == of.size() || of[list.size()] == ',');
}

}  // namespace

void AppendLists::note(Element element) {
  const std::lock_guard lock(mutex_);
  elements_.push_back(std::move(element));
}

void AppendLists::note(V2Read read) {
  const std::lock_guard lock(mutex_);
  v2_reads_.push_back(std::move(read));
}

class AppendLists::V2Half : cluster_test::Worker<V2Client> {
 public:
  V2Half(AppendLists& lists, size_t number, uint64_t seed)
      : Worker(lists.stage_.workload, number, seed), lists_(lists) {}

  // What a member shows; nothing: no answer.
  std::optional<V2Read> read(const std::string& key, bool linearizable) {
    V2Read read{begin(linearizable ? Action::kRead : Action::kLocalRead, {key}), {}, 0};
    const V2Answer answer = client_->call("GET", key + (linearizable ? "?quorum=true" : ""), std::nullopt, kPatience);
    if (!answer.success() && answer.error_code != kNotFound) {
      move();
      return std::nullopt;
    }
    read.operation.outcome = Outcome::kDone;
    read.operation.position = answer.revision;
    if (answer.node) read.list = answer.node->value.value_or("");
    if (answer.node) read.modified = answer.node->modified;
    finish(read.operation);
    lists_.stage_.answered.add(read.operation);
    lists_.note(read);
    return read;
  }

  void append(const std::string& key, const V2Read& to, const std::string& element) {
    Element appended{begin(Action::kCompareAndPut, {key})};
    Operation& operation = appended.operation;
    operation.value = element;
    const std::string condition = to.modified == 0 ? "prevExist=false" : "prevIndex=" + std::to_string(to.modified);
    const V2Answer answer = client_->call("PUT", key + "?" + condition, "value=" + joined(to.list, element), kPatience);
    const bool refused =
        answer.error_code == kNotFound || answer.error_code == kCompareFailed || answer.error_code == kExists;
    if (answer.kind == V2Answer::Kind::kNotSent) return move();
    if (answer.success() || refused) {
      operation.outcome = refused ? Outcome::kRefused : Outcome::kDone;
      operation.position = answer.revision;
    }
    finish(operation);
    if (operation.outcome != Outcome::kUnknown) lists_.stage_.answered.add(operation);
    lists_.note(std::move(appended));
    if (!answer.success() && !refused) move();
  }

 private:
  AppendLists& lists_;
};

class AppendLists::Client : KvClient {
 public:
  Client(AppendLists& lists, size_t number, uint64_t seed)
      : KvClient(lists.stage_, lists.kv_calls_, number, seed), lists_(lists), v2_(lists, number, seed) {}

  void run() {
    while (!done()) {
      const std::string key = list_key(full_ + below(kLists));
      if (chance(50))
        grow_by_v2(key);
      else
        grow_by_v3(key);
      sleep_ms(10, 60);
      if (chance(5)) move();
    }
  }

 private:
  bool has_room(const std::string& list) {
    if (list.size() < kLongestBytes) return true;
    ++full_;
    return false;
  }

  void grow_by_v2(const std::string& key) {
    const auto now = v2_.read(key, chance(70));
    if (now && has_room(now->list)) v2_.append(key, *now, new_value());
  }

  void grow_by_v3(const std::string& key) {
    RangeRequest request;
    request.set_key(key);
    request.set_serializable(chance(30));
    const std::optional<RangeResponse> now = range(request);
    if (!now) return;
    const std::string list = now->kvs().empty() ? "" : now->kvs(0).value();
    if (!has_room(list)) return;
    TxnRequest append;
    if (now->kvs().empty())
      add_compare_create(append, key, 0);
    else
      add_compare_mod(append, key, now->kvs(0).mod_revision());
    Element element{begin(Action::kCompareAndPut, {key})};
    element.operation.value = new_value();
    add_put(append, key, joined(list, element.operation.value));
    const std::optional<TxnResponse> answer = txn(append);
    if (answer)
      element.operation.outcome = answer->succeeded() ? Outcome::kDone : Outcome::kRefused;
    else if (!last_status().unknown())
      element.operation.outcome = Outcome::kRefused;
    finish(element.operation);
    lists_.note(std::move(element));
  }

  AppendLists& lists_;
  V2Half v2_;
  uint64_t full_ = 0;  // lists
};

void AppendLists::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

namespace {

// Places of the elements of one list.
std::map<std::string, size_t> places_of(const std::string& key, const std::string& list, Violations& violations) {
  std::map<std::string, size_t> places;
  for (const std::string& element : split(list)) {
    if (!places.emplace(element, places.size()).second) violations.add("INV-L2", element + " is twice in " + key);
  }
  return places;
}

void check_elements(const std::vector<AppendLists::Element>& elements, std::map<std::string, size_t> places,
                    const std::string& key, Violations& violations) {
  std::vector<std::pair<size_t, const Operation*>> done;
  std::map<std::string, size_t> unexplained = places;
  for (const AppendLists::Element& element : elements) {
    const Operation& operation = element.operation;
    if (operation.keys.front() != key) continue;
    unexplained.erase(operation.value);
    const auto place = places.find(operation.value);
    if (operation.outcome == Outcome::kDone && place == places.end()) {
      violations.add("INV-D1", "an acknowledged element is lost: " + describe(operation));
    } else if (operation.outcome == Outcome::kRefused && place != places.end()) {
      violations.add("INV-L2", "a refused element is there: " + describe(operation));
    } else if (operation.outcome == Outcome::kDone) {
      done.emplace_back(place->second, &operation);
    }
  }
  for (const auto& [value, place] : unexplained) violations.add("INV-L2", "nobody appended " + value + " to " + key);
  std::ranges::sort(done);
  for (size_t i = 1; i < done.size(); ++i) {
    if (done[i].second->returned < done[i - 1].second->called) {
      violations.add("INV-L1", describe(*done[i].second) + " stands behind " + describe(*done[i - 1].second));
    }
  }
}

}  // namespace

void AppendLists::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {}, violations);
  check_lists(elements_, v2_reads_, evidence.past, violations);
}

void check_lists(const std::vector<AppendLists::Element>& elements, const std::vector<AppendLists::V2Read>& reads,
                 const Past& past, Violations& violations) {
  std::map<std::string, std::string> lists;
  for (const AppendLists::Element& element : elements) lists[element.operation.keys.front()];
  for (auto& [key, list] : lists) {
    if (const KeyState* state = past.at(key, past.last_revision())) list = state->kv.value();
    check_elements(elements, places_of(key, list, violations), key, violations);
  }
  for (const AppendLists::V2Read& read : reads) {
    if (!is_beginning(read.list, lists[read.operation.keys.front()])) {
      violations.add("INV-L6", "read a list that never was: " + describe(read.operation));
    }
  }
}

}  // namespace viaduct::sim
