#include "server/applier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "server/chain.h"
#include "server/series.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

constexpr size_t kCompactionSlice = 200;  // records; small enough not to be felt by the writes behind it

store::AppliedState applied_state(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.applied();
}

Seq newest_seq(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers().seq;
}

void log_alarm(const Alarm& alarm) {
  const std::string kind = Alarm::Kind_Name(alarm.kind()), member = to_hex(alarm.member());
  if (alarm.raise()) return log::warn("alarm " + kind + " raised by peer " + member);
  log::info("alarm " + kind + " disarmed for peer " + member);
}

// What writes keys or leases needs to know v2's root, which the first command of a cluster says.
bool needs_founding(const Command& command) {
  switch (command.body_case()) {
    case Command::kV2Write:
    case Command::kPut:
    case Command::kDeleteRange:
    case Command::kTxn:
    case Command::kLeaseGrant:
    case Command::kLeaseRevoke:
    case Command::kLeaseRenew:
    case Command::kLeaseExpire:
    case Command::kCompact:
      return true;
    default:
      return false;
  }
}

v3bridge::Outcome not_founded() {
  v3bridge::Outcome outcome;
  outcome.body = v3bridge::Refusal{v3bridge::Refusal::Kind::kUnhealthy, "etcdserver: not capable"};
  return outcome;
}

// Before it is applied.
void log_version(const store::Store& store, const SetClusterVersion& command) {
  const std::string before = v3bridge::cluster_version(store), after = short_version(command.version());
  if (!series_of(before)) return log::info("set the initial cluster version to " + after);
  log::info("updated the cluster version from " + short_version(before) + " to " + after);
}

}  // namespace

// The answers of one group, sorted by where they go.
class Applier::Answers {
 public:
  void add(std::unique_ptr<v3bridge::Completion> completion, v3bridge::Outcome outcome) {
    Executor* const home = &completion->home();
    auto parcel = std::find_if(parcels_.begin(), parcels_.end(), [&](const Parcel& p) { return p.home == home; });
    if (parcel == parcels_.end()) parcel = parcels_.insert(parcel, Parcel{home, std::make_unique<Delivery>()});
    parcel->delivery->answers.emplace_back(std::move(completion), std::move(outcome));
  }

  void send() {
    for (Parcel& parcel : parcels_) parcel.home->post(std::move(parcel.delivery));
    parcels_.clear();
  }

 private:
  struct Delivery final : Task {
    void run() override {
      for (auto& [completion, outcome] : answers) completion->done(std::move(outcome));
    }
    std::vector<std::pair<std::unique_ptr<v3bridge::Completion>, v3bridge::Outcome>> answers;
  };
  struct Parcel {
    Executor* home;
    std::unique_ptr<Delivery> delivery;
  };
  std::vector<Parcel> parcels_;
};

Applier::Applier(store::Store& store, store::Hub& hub, v3bridge::ApplyCounts& counts,
                 AppliedConfigurations& configurations, Checkpoints& checkpoints)
    : store_(store),
      hub_(hub),
      counts_(counts),
      configurations_(configurations),
      checkpoints_(checkpoints),
      bridge_(store),
      state_(applied_state(store)),
      applied_(state_.index.value),
      is_founded_(v3bridge::is_initialized(store)) {
  hub.publish({}, newest_seq(store));  // what is in the log already is no news
}

void Applier::apply(std::vector<Committed>& entries) {
  if (entries.empty()) return;
  Answers answers;
  std::vector<std::pair<Index, std::vector<v3bridge::Member>>> memberships;
  store_.begin_group();
  for (Committed& committed : entries) {
    v3bridge::Outcome outcome = apply_one(*committed.entry);
    if (committed.entry->type == EntryType::kConfiguration)
      memberships.emplace_back(committed.entry->index, v3bridge::members(store_));
    if (committed.completion) answers.add(std::move(committed.completion), std::move(outcome));
  }
  const std::vector<store::EventPtr> events = store_.commit_group(state_);
  for (const store::EventPtr& event : events) counts_.count(*event);
  if (!events.empty()) hub_.publish(events, events.back()->seq());
  // Not to be forgotten once it acts: who left by it is not there to tell of it again.
  if (!memberships.empty()) store_.barrier();
  for (auto& [index, members] : memberships) configurations_.push(index, std::move(members));
  applied_.store(state_.index.value, std::memory_order_release);
  entries.clear();
  answer_reads(answers);
  answers.send();
}

v3bridge::Outcome Applier::apply_one(const Entry& entry) {
  if (entry.index != state_.index.next()) {  // INV-A5
    fatal("apply: entry " + to_string(entry.index) + " does not follow " + to_string(state_.index));
  }
  state_.index = entry.index;
  state_.term = entry.term;
  v3bridge::Outcome outcome;
  const std::optional<Stamp> stamp = read_stamp(entry.data);
  if (stamp) {
    Command command;
    if (!parse_command(entry.data, command)) fatal("apply: entry " + to_string(entry.index) + " is no command");
    state_.stamp = *stamp;
    outcome = apply_command(command, *stamp);
  }
  outcome.index = entry.index;
  state_.chain = next_link(state_.chain, entry, outcome);
  checkpoints_.applied(entry.index, state_.chain);
  return outcome;
}

v3bridge::Outcome Applier::apply_command(const Command& command, const Stamp& stamp) {
  if (!is_founded_ && needs_founding(command)) return not_founded();
  if (command.has_set_cluster_version()) log_version(store_, command.set_cluster_version());
  v3bridge::Outcome outcome = bridge_.apply(command, stamp);
  counts_.count(command, outcome);
  if (command.has_alarm()) log_alarm(command.alarm());
  is_founded_ = is_founded_ || command.has_initialize();
  wants_compaction_ = wants_compaction_ || command.has_compact();
  return outcome;
}

void Applier::install(Installation installation) {
  store_.replace_with(std::move(installation.store), std::move(installation.retire));
  state_ = applied_state(store_);
  is_founded_ = v3bridge::is_initialized(store_);
  wants_compaction_ = true;
  hub_.jump(newest_seq(store_));
  applied_.store(state_.index.value, std::memory_order_release);
  Answers answers;
  answer_reads(answers);
  answers.send();
  installation.done();
}

void Applier::add_read(WaitingRead read) {
  reads_.push_back(std::move(read));
  Answers answers;
  answer_reads(answers);
  answers.send();
}

void Applier::answer_reads(Answers& answers) {
  while (!reads_.empty() && reads_.front().index <= state_.index) {
    answers.add(std::move(reads_.front().completion), v3bridge::Outcome{});
    reads_.pop_front();
  }
}

bool Applier::compact_some() {
  wants_compaction_ = store_.compact_some(kCompactionSlice);
  return wants_compaction_;
}

}  // namespace viaduct::server
