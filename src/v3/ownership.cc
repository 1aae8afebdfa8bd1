#include "v3/ownership.h"

#include <optional>
#include <utility>

#include "v3/lease_grant.h"
#include "v3/loop_signals.h"
#include "v3/then.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RangeRequest;
using etcdserverpb::TxnRequest;
using v3bridge::Outcome;
using CallPtr = std::unique_ptr<Call>;

constexpr int64_t kLeaseSeconds = 60;

int64_t to_signed(Revision revision) { return static_cast<int64_t>(revision.value); }
Revision to_revision(int64_t number) { return Revision(static_cast<uint64_t>(number)); }

std::string to_text(LeaseId lease) {
  const auto id = static_cast<int64_t>(lease.value);
  return id < 0 ? "-" + to_hex(0 - lease.value) : to_hex(lease.value);
}

void add_put(TxnRequest& txn, const std::string& key, const std::string& value, LeaseId lease) {
  auto& put = *txn.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(value);
  put.set_lease(static_cast<int64_t>(lease.value));
}

// Makes the key, or tells of the one that is there, which gets the value if the claim says so.
TxnRequest claim_txn(const std::string& key, const Claim& claim, LeaseId lease) {
  TxnRequest txn = if_created(key, Revision());
  add_put(txn, key, claim.value, lease);
  auto& there = *txn.add_failure()->mutable_request_range();
  there.set_key(key);
  there.set_keys_only(true);
  if (!claim.updates) return txn;
  TxnRequest& update = *txn.add_failure()->mutable_request_txn();
  Compare& differs = *update.add_compare();
  differs.set_key(key);
  differs.set_target(Compare::VALUE);
  differs.set_result(Compare::NOT_EQUAL);
  differs.set_value(claim.value);
  add_put(update, key, claim.value, lease);
  return txn;
}

// One life of a key.
struct KeyLife {
  std::string key;
  Revision created;  // 0: not known, or none
};

// One claim on its way. Held by whatever it waits for: the log, a reader, the signal of another key.
class Acquisition : public std::enable_shared_from_this<Acquisition> {
 public:
  Acquisition(Ownership& ownership, CallPtr call, Claim claim, LeaseId lease, Ownership::Answer answer)
      : ownership_(ownership),
        engine_(ownership.engine()),
        loop_(call->loop()),
        signals_(ownership.signals().of(loop_)),
        call_(std::move(call)),
        claim_(std::move(claim)),
        lease_(lease),
        answer_(std::move(answer)),
        own_{owner_key(claim_.name, lease), {}} {}

  void start() {
    if (!call_->is_open()) return;
    Command command;
    *command.mutable_txn() = claim_txn(own_.key, claim_, lease_);
    if (!ownership_.quota().admits(command, call_)) return;
    call_->when_gone([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->leave();
    });
    engine_.propose(std::move(command),
                    then(loop_, [self = shared_from_this()](Outcome outcome) { self->on_claimed(outcome); }));
  }

 private:
  void on_claimed(const Outcome& outcome) {
    if (Status status = status_of(outcome); !status.ok()) return fail(std::move(status));
    const auto& txn = *std::get<v3bridge::V3Result>(outcome.body).txn;
    const bool updated = !txn.succeeded() && claim_.updates && txn.responses(1).response_txn().succeeded();
    claimed_ = updated ? outcome.revision.previous() : outcome.revision;
    own_.created =
        txn.succeeded() ? outcome.revision : to_revision(txn.responses(0).response_range().kvs(0).create_revision());
    if (call_) return look();
    if (txn.succeeded()) release();  // else the key is older than this call, and maybe has the name already
  }

  // Waits for the end of the key next in age, if there is one. It is watched before it is known to be there still, so
  // that its end cannot be missed.
  void look() {
    while (const auto older = newest_older()) {
      waited_ = true;
      before_ = *older;
      watch_ =
          signals_.watch({before_.key, ""}, [self = shared_from_this()](const store::Event*) { self->on_signal(); });
      if (is_there(before_)) return;
      signals_.cancel(std::exchange(watch_, 0));
    }
    waited_ ? confirm() : answer_if_owned(claimed_);
  }

  void on_signal() {
    if (is_there(before_)) return;
    signals_.cancel(std::exchange(watch_, 0));
    look();
  }

  // Of the other keys of the name, the newest that is older than the own. Keys that come meanwhile are younger.
  std::optional<KeyLife> newest_older() const {
    const store::KeyRange range = owner_range(claim_.name);
    KeyLife best;
    for (std::string from = range.key; !from.empty();) from = look_at_slice(from, range.end, best);
    return best.created ? std::optional(best) : std::nullopt;
  }
  // Answers where to go on; empty at the end.
  std::string look_at_slice(const std::string& from, const std::string& end, KeyLife& best) const {
    std::string next;
    size_t steps = 0;
    const store::Store::ReadLock lock(engine_.store());
    engine_.store().scan(store::Family::kKey, from, end, [&](const store::Entry& entry) {
      if (steps++ == store::Store::kSliceNodes) return next = entry.key(), false;
      const Revision created = entry.create_revision();
      if (created < own_.created && created > best.created) best = {std::string(entry.key()), created};
      return true;
    });
    return next;
  }

  // The oldest here; is it still, for everyone?
  void confirm() {
    engine_.read_barrier(then(loop_, [self = shared_from_this()](Outcome outcome) { self->on_current(outcome); }));
  }

  void on_current(const Outcome& outcome) {
    if (!call_) return;
    if (Status status = status_of(outcome); !status.ok()) {
      release();
      return fail(std::move(status));
    }
    answer_if_owned(current_numbers(engine_.store()).revision);
  }

  // `owned` was read before: at that revision the key was there if it is there now.
  void answer_if_owned(Revision owned) {
    if (!is_there(own_)) return fail(claim_.lost);
    answer_(*call_, {own_.key, own_.created, lease_, claimed_, owned});
    call_.reset();
  }
  void fail(Status status) {
    if (call_) call_->fail(std::move(status));
    call_.reset();
  }

  // Nobody waits any more.
  void leave() {
    call_.reset();
    if (watch_ != 0) signals_.cancel(std::exchange(watch_, 0));
    if (own_.created) release();
  }

  // The key goes, unless it went and came again. If that fails, it goes with its lease.
  void release() {
    Command command;
    *command.mutable_txn() = if_created(own_.key, own_.created);
    command.mutable_txn()->add_success()->mutable_request_delete_range()->set_key(own_.key);
    engine_.propose(std::move(command), then(loop_, [](const Outcome&) {}));
  }

  bool is_there(const KeyLife& life) const {
    const store::Store::ReadLock lock(engine_.store());
    const store::Entry* const entry = engine_.store().find(store::Family::kKey, life.key);
    return entry && entry->create_revision() == life.created;
  }

  Ownership& ownership_;
  v3bridge::Engine& engine_;
  net::Loop& loop_;
  LoopSignals& signals_;
  CallPtr call_;  // null: answered, or gone
  const Claim claim_;
  const LeaseId lease_;
  const Ownership::Answer answer_;
  KeyLife own_;  // created: 0 until it is known
  Revision claimed_;

  bool waited_ = false;
  KeyLife before_;  // whose end is waited for
  LoopSignals::Id watch_ = 0;
};

}  // namespace

std::string owner_key(const std::string& name, LeaseId lease) { return name + '/' + to_text(lease); }

store::KeyRange owner_range(const std::string& name) { return {name + '/', name + static_cast<char>('/' + 1)}; }

RangeRequest oldest_owner(const std::string& name) {
  const store::KeyRange range = owner_range(name);
  RangeRequest request;
  request.set_key(range.key);
  request.set_range_end(range.end);
  request.set_sort_target(RangeRequest::CREATE);
  request.set_sort_order(RangeRequest::ASCEND);
  request.set_limit(1);
  return request;
}

TxnRequest if_created(const std::string& key, Revision created) {
  TxnRequest txn;
  Compare& compare = *txn.add_compare();
  compare.set_key(key);
  compare.set_target(Compare::CREATE);
  compare.set_result(Compare::EQUAL);
  compare.set_create_revision(to_signed(created));
  return txn;
}

void Ownership::acquire(CallPtr call, size_t request_bytes, Claim claim, Answer answer) {
  if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
  if (Status status = check_request_size(request_bytes, options_); !status.ok()) return call->fail(std::move(status));
  const LeaseId lease = claim.lease;
  with_lease(std::move(call), lease,
             [this, claim = std::move(claim), answer = std::move(answer)](CallPtr leased, LeaseId id) {
               std::make_shared<Acquisition>(*this, std::move(leased), claim, id, answer)->start();
             });
}

void Ownership::with_lease(CallPtr call, LeaseId lease, std::function<void(CallPtr, LeaseId)> next) {
  if (lease) return next(std::move(call), lease);
  const LeaseId id = pick_lease_id(engine_);
  Command command;
  command.mutable_lease_grant()->set_id(id.value);
  command.mutable_lease_grant()->set_ttl_seconds(static_cast<uint64_t>(effective_ttl_seconds(kLeaseSeconds, options_)));
  propose(engine_, options_, std::move(call), 0, std::move(command),
          [id, next = std::move(next)](CallPtr granted, const Outcome&) { next(std::move(granted), id); });
}

}  // namespace viaduct::v3
