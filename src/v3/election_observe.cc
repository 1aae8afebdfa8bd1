#include "v3/election_observe.h"

#include <string>
#include <utility>

#include "v3/loop_signals.h"
#include "v3/ownership.h"
#include "v3/range_read.h"
#include "v3/then.h"
#include "v3bridge/key_change.h"
#include "v3bridge/key_row.h"
#include "v3electionpb/v3election.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::RangeResponse;
using mvccpb::KeyValue;
using v3electionpb::LeaderRequest;
using v3electionpb::LeaderResponse;

constexpr size_t kUnreadBytes = 64 << 10;  // unsent on a stream before it is shown no more

// One life of a key, and how far it has been shown.
struct Shown {
  std::string key;
  int64_t create_revision = 0;
  int64_t mod_revision = 0;

  bool is_life_of(const KeyValue& kv) const { return key == kv.key() && create_revision == kv.create_revision(); }
};

// Calls `function` as long as the owner of `turn` lives and has not let go of it.
template <typename F>
auto while_lasts(const std::shared_ptr<int>& turn, F function) {
  return [turn = std::weak_ptr<int>(turn), function = std::move(function)](const auto&... arguments) {
    if (!turn.expired()) function(arguments...);
  };
}

class Observer final : public Inbound {
 public:
  Observer(Call& call, v3bridge::Engine& engine, KeySignals& signals)
      : call_(call), engine_(engine), signals_(signals.of(call.loop())) {}
  ~Observer() override { unwatch(); }

  // What was elected before this call began is shown, whichever member elected it.
  void on_message(Message& request) override {
    name_ = static_cast<LeaderRequest&>(request).name();
    engine_.read_barrier(then(call_.loop(), while_lasts(turn_, [this](const v3bridge::Outcome& outcome) {
                                Status status = status_of(outcome);
                                status.ok() ? look() : call_.finish({StatusCode::kUnknown, std::move(status.message)});
                              })));
  }
  void on_half_close() override {}
  void on_gone() override { unwatch(); }
  void on_drained() override {
    if (std::exchange(paused_, false)) look();
  }
  void on_shutdown() override { call_.finish(kStopped); }

 private:
  void look() {
    turn_ = std::make_shared<int>();
    read_range(engine_, call_.loop(), oldest_owner(name_),
               while_lasts(turn_, [this](Revision head, const RangeResponse& oldest) { on_oldest(head, oldest); }));
  }

  // What was read counts once the right keys were watched before it was read: then nothing can fall between.
  void on_oldest(Revision head, const RangeResponse& oldest) {
    const bool none = oldest.kvs().empty();
    store::KeyRange range = none ? owner_range(name_) : store::KeyRange{oldest.kvs(0).key(), ""};
    if (watch_ == 0 || range != watched_) {
      watch(std::move(range));
      return look();
    }
    if (!none) show(head, oldest.kvs(0));
  }

  void watch(store::KeyRange range) {
    unwatch();
    watched_ = range;
    watch_ = signals_.watch(std::move(range), [this](const store::Event* event) { on_change(event); });
  }
  void unwatch() {
    turn_.reset();
    if (watch_ != 0) signals_.cancel(std::exchange(watch_, 0));
  }

  // A new value of the leader is shown as it comes; anything else is looked into.
  void on_change(const store::Event* event) {
    const bool is_new_value = event && show_new_value(*event);
    if (!is_new_value && !paused_) look();
  }

  bool show_new_value(const store::Event& event) {
    bool is_new_value = false;
    v3bridge::each_key_record(event, [&](const store::Record& record) {
      if (record.key != shown_.key || record.tombstone) return;
      KeyValue kv;
      v3bridge::fill(kv, v3bridge::row_of(record));
      if (!shown_.is_life_of(kv)) return;
      is_new_value = true;
      show(record.revision, kv);
    });
    return is_new_value;
  }

  void show(Revision head, const KeyValue& leader) {
    if (shown_.is_life_of(leader) && leader.mod_revision() <= shown_.mod_revision) return;
    shown_ = {leader.key(), leader.create_revision(), leader.mod_revision()};
    LeaderResponse response;
    fill_header(engine_, head, *response.mutable_header());
    *response.mutable_kv() = leader;
    call_.send(response);
    if (call_.backlog() <= kUnreadBytes) return;
    paused_ = true;
    unwatch();
  }

  Call& call_;
  v3bridge::Engine& engine_;
  LoopSignals& signals_;
  std::string name_;
  std::shared_ptr<int> turn_ = std::make_shared<int>();  // of the newest look(); what others still wait for is stale
  store::KeyRange watched_;
  LoopSignals::Id watch_ = 0;  // 0: none
  Shown shown_;
  bool paused_ = false;  // the client does not keep up
};

}  // namespace

std::unique_ptr<Inbound> observe_election(Call& call, v3bridge::Engine& engine, KeySignals& signals) {
  return std::make_unique<Observer>(call, engine, signals);
}

}  // namespace viaduct::v3
