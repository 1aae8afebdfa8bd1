#include "test/sim/scenarios/v2_meddler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "test/sim/scenarios/past.h"
#include "test/sim/scenarios/v2_past.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Operation;
using cluster_test::V2Answer;

constexpr const char* kFiles[] = {"/a", "/b", "/d/x", "/d/y", "/d/e/z", "/d/e/_z", "/d/_h/s", "/_p/q"};
constexpr const char* kDirectories[] = {"", "/d", "/d/e", "/d/_h", "/_p"};
constexpr auto kPatience = 2s;
constexpr uint64_t kMostTtl = 3, kMostKept = 30;
// What may be said of a key or a directory that others change: not there, another one, a directory, below a file,
// there, not empty.
constexpr int kRefusals[] = {100, 101, 102, 104, 105, 108};
constexpr int kIsDirectory = 102, kIsBelowFile = 104;

}  // namespace

std::span<const char* const> V2Meddler::files() { return kFiles; }
std::span<const char* const> V2Meddler::directories() { return kDirectories; }

void V2Meddler::act() {
  if (chance(3)) return disturb();
  const uint64_t dice = below(100);
  const std::string file = any_file();
  if (dice < 20)
    ask("PUT", file, value() + (chance(40) ? ttl() : ""));
  else if (dice < 32)
    ask("PUT", file, "refresh=true" + ttl() + (chance(50) ? "&prevExist=true" : ""));
  else if (dice < 48)
    put_if(file);
  else if (dice < 56)
    erase(file);
  else if (dice < 70)
    change_directory(any_directory());
  else if (dice < 72)
    ask("PUT", file, "dir=true" + (chance(50) ? ttl() : ""));
  else if (dice < 75)
    ask("POST", any_directory(), value() + ttl());
  else
    v3_.act();
  if (chance(3)) move();
}

uint64_t V2Meddler::mark(const std::string& path) {
  V2Answer answer = ask("PUT", path, value());
  if (answer.error_code == kIsDirectory) answer = ask("PUT", path + "?dir=true&prevExist=true", "");
  if (answer.error_code == kIsBelowFile) ask("DELETE", answer.cause, "");
  return answer.success() && answer.node ? answer.node->modified : 0;
}

std::string V2Meddler::any_file() { return std::string(kRoot) + kFiles[below(std::size(kFiles))]; }
std::string V2Meddler::any_directory() { return std::string(kRoot) + kDirectories[below(std::size(kDirectories))]; }
std::string V2Meddler::value() { return "value=v2-" + new_value(); }
std::string V2Meddler::ttl() { return "&ttl=" + std::to_string(1 + below(kMostTtl)); }

void V2Meddler::put_if(const std::string& file) {
  const auto known = known_.find(file);
  const uint64_t dice = below(3);
  if (dice == 0) ask("PUT", file + "?prevExist=false", value() + (chance(30) ? ttl() : ""));
  if (dice == 1) ask("PUT", file + "?prevExist=true", value() + (chance(30) ? ttl() : ""));
  if (dice == 2 && known != known_.end())
    ask("PUT", file + "?prevIndex=" + std::to_string(known->second.modified), value());
}

void V2Meddler::erase(const std::string& file) {
  const auto known = known_.find(file);
  if (known != known_.end() && chance(50))
    ask("DELETE", file + "?prevIndex=" + std::to_string(known->second.modified), "");
  else
    ask("DELETE", file + (chance(50) ? "?recursive=true" : ""), "");
}

// What happened there may soon be compacted without a trace in a directory that is still there (RB-68).
void V2Meddler::disturb() {
  if (chance(50))
    ask("PUT", kQuietFile, value() + (chance(50) ? ttl() : ""));
  else
    ask("DELETE", kQuietFile, "");
}

void V2Meddler::change_directory(const std::string& directory) {
  const uint64_t dice = below(100);
  if (dice < 25)
    ask("PUT", directory, "dir=true" + (chance(40) ? ttl() : ""));
  else if (dice < 50)
    ask("PUT", directory + "?dir=true&prevExist=true", chance(60) ? ttl() : "");
  else if (dice < 60)
    ask("PUT", directory + "?dir=true&prevExist=true", "refresh=true" + ttl());
  else
    ask("DELETE", directory + (chance(80) ? "?recursive=true" : "?dir=true"), "");
}

// Of the TTL that it gave itself, no more can be gone than the time since then, rounded up (RB-69).
void V2Meddler::note(const V2Answer& answer, cluster_test::Time called) {
  if (answer.node->dir) return;
  Known& known = known_[answer.node->key];
  if (known.ttl > 0 && answer.previous && answer.previous->modified == known.modified) {
    const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - known.called;
    const double least = static_cast<double>(known.ttl) - gone.count() * (1 + stage_.clock_error);
    if (static_cast<double>(answer.previous->ttl) < least)
      workload_.complain("INV-E1: of its TTL too little was left: " +
                         describe(answer.action, *answer.node, answer.previous));
  }
  known = {answer.node->modified, answer.node->ttl, called};
}

V2Answer V2Meddler::ask(const std::string& method, const std::string& target, const std::string& form) {
  Operation operation = begin(cluster_test::Action::kPut, {"v2 " + method + " " + target});
  V2Answer answer = client_->call(method, target, form, kPatience);
  if (answer.kind != V2Answer::Kind::kAnswer || answer.unknown()) {
    move();
    return answer;
  }
  if (answer.success() && answer.node) {
    note(answer, operation.called);
    operation.outcome = cluster_test::Outcome::kDone;
    operation.position = answer.revision;
    finish(operation);
    stage_.answered.add(std::move(operation));
    written_.push_back(answer);
  } else if (std::ranges::find(kRefusals, answer.error_code) == std::end(kRefusals)) {
    workload_.complain("v2 answered " + std::to_string(answer.status) + "/" + std::to_string(answer.error_code) +
                       " to " + operation.keys.front() + " " + form);
  }
  return answer;
}

void V2Meddler::V3Half::act() {
  const uint64_t dice = below(100);
  if (dice < 35)
    put();
  else if (dice < 60)
    erase();
  else if (dice < 90 || !stage_.compacts)
    change_many();
  else
    compact();
  if (chance(3)) move();
}

// A file, or what v2 must not see as one: below a file, or where a directory is (T3, T4).
std::string V2Meddler::V3Half::any_key() {
  const std::string file = std::string(kRoot) + kFiles[below(std::size(kFiles))];
  const uint64_t dice = below(10);
  if (dice == 0) return file + "/below";
  if (dice == 1) return std::string(kRoot) + kDirectories[below(std::size(kDirectories))];
  return file;
}

void V2Meddler::V3Half::put() {
  PutRequest request;
  request.set_key(any_key());
  request.set_value("v3-" + new_value());
  PutResponse response;
  if (!client_->call("KV/Put", request, response, kPatience).ok()) return move();
  newest_ = response.header().revision();
}

void V2Meddler::V3Half::erase() {
  DeleteRangeRequest request;
  request.set_key(any_key());
  if (chance(40)) {
    request.set_key(std::string(kRoot) + kDirectories[below(std::size(kDirectories))] + "/");
    request.set_range_end(end_of_prefix(request.key()));
  }
  DeleteRangeResponse response;
  if (!client_->call("KV/DeleteRange", request, response, kPatience).ok()) move();
}

// Several events of one revision.
void V2Meddler::V3Half::change_many() {
  TxnRequest request;
  for (const char* file : kFiles) {
    if (chance(50)) continue;
    const std::string key = std::string(kRoot) + file;
    if (chance(50)) {
      request.add_success()->mutable_request_delete_range()->set_key(key);
      continue;
    }
    PutRequest& put = *request.add_success()->mutable_request_put();
    put.set_key(key);
    put.set_value("v3-" + new_value());
  }
  TxnResponse response;
  if (!client_->call("KV/Txn", request, response, kPatience).ok()) return move();
  newest_ = response.header().revision();
}

void V2Meddler::V3Half::compact() {
  const int64_t revision = newest_ - static_cast<int64_t>(below(kMostKept));
  if (revision > 0 && !stage_.compactions.ask(*client_, revision, false, kPatience).ok()) move();
}

}  // namespace viaduct::sim
