// What Lock and Election have in common (v3-api.md 2.12, 2.13): whoever wants a name puts a key of its own below it,
// bound to its lease, and has the name as long as no older key is left there.
//   key := name "/" lease      the lease in lower-case hex; of a negative one "-" and the hex of its amount
//
// A waiter watches the key next in age before its own, and looks again when that is gone, so that one release wakes one
// waiter. After waiting its own key must still be there (INV-E7). A waiter whose client has gone takes its key away.
// Threads: all on the loop of the call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "v3/key_signals.h"
#include "v3/quota.h"
#include "v3/service.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {

std::string owner_key(const std::string& name, LeaseId lease);
store::KeyRange owner_range(const std::string& name);              // all keys of the name
etcdserverpb::RangeRequest oldest_owner(const std::string& name);  // asks for the key that has the name

// A txn that does something only if `key` was created at `created`; 0: if it is not there.
etcdserverpb::TxnRequest if_created(const std::string& key, Revision created);

struct Claim {
  std::string name;
  LeaseId lease;  // 0: a lease of a minute is granted, which nobody renews
  std::string value = {};
  bool updates = false;  // a key that is there already gets the value
  Status lost = {};      // the error if the own key went while it waited
};

// A claim that succeeded.
struct Owned {
  std::string key;
  Revision created;
  LeaseId lease;
  Revision claimed;  // head when the key was made, or found to be there
  Revision owned;    // the same, or if it had to wait, head when that was over
};

class Ownership {
 public:
  // Borrows engine and signals.
  Ownership(v3bridge::Engine& engine, const ServiceOptions& options, KeySignals& signals)
      : engine_(engine), options_(options), signals_(signals), quota_(engine, options.quota_bytes) {}

  using Answer = std::function<void(Call& call, const Owned& owned)>;
  // Answers once the claim has its name, however long that takes. `request_bytes` is the size of the request.
  void acquire(std::unique_ptr<Call> call, size_t request_bytes, Claim claim, Answer answer);

  // Takes a lease of a minute for a call that came without one: `next(call, lease)`.
  void with_lease(std::unique_ptr<Call> call, LeaseId lease, std::function<void(std::unique_ptr<Call>, LeaseId)> next);

  v3bridge::Engine& engine() { return engine_; }
  const ServiceOptions& options() const { return options_; }
  KeySignals& signals() { return signals_; }
  Quota& quota() { return quota_; }

 private:
  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  KeySignals& signals_;
  Quota quota_;
};

}  // namespace viaduct::v3
