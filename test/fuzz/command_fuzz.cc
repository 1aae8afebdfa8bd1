// Commands as they come from the log: any that an API would have let through, in any order. Two members apply them, one
// in a group each and one in one group of all, and come to the same (INV-A1 to INV-A3, INV-A6); so does the state when
// it is opened again. Origin and stamp of an entry are what was written.
#include <cassert>
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/chain.h"
#include "server/stamped.h"
#include "store/path.h"
#include "store/store.h"
#include "test/fuzz/input.h"
#include "test/support/fake_disk.h"
#include "v3/kv_check.h"
#include "v3bridge/bridge.h"
#include "viaduct/command.pb.h"

namespace viaduct {
namespace {

constexpr uint64_t kMaxTxnOps = 16;

// What the wire APIs have checked before a command gets into the log.
bool is_admitted(const Command& command) {
  static const v3::Release release("3.5.21");
  switch (command.body_case()) {
    case Command::kV2Write:
      return (command.v2_write().path().empty() || store::is_canonical_path(command.v2_write().path())) &&
             V2Write::Operation_IsValid(command.v2_write().operation());
    case Command::kPut:
      return v3::check(command.put()).ok();
    case Command::kDeleteRange:
      return v3::check(command.delete_range()).ok();
    case Command::kTxn:
      return v3::check(command.txn(), kMaxTxnOps, release).ok();
    case Command::kLeaseGrant:
      return command.lease_grant().id() != 0;
    case Command::kLeaseRevoke:
    case Command::kLeaseRenew:
    case Command::kLeaseExpire:
    case Command::kCompact:
    case Command::kTick:
      return true;
    default:
      return false;
  }
}

Entry entry_of(const Command& command, Index index, const Stamp& stamp) {
  std::string data = server::serialize_unstamped(command);
  server::write_stamp(data, stamp);
  const auto read = server::read_stamp(data);
  assert(read && read->cluster_ms == stamp.cluster_ms && read->wall_ns == stamp.wall_ns);
  const server::Origin origin = server::read_origin(data);
  assert(origin.member == MemberId(command.origin_member()) && origin.id == command.origin_id());
  assert(origin.incarnation == command.origin_incarnation());
  Command again;
  const bool parsed = server::parse_command(data, again);
  assert(parsed && again.SerializeAsString() == command.SerializeAsString());
  return Entry{Term(1), index, EntryType::kCommand, std::move(data)};
}

std::vector<Entry> entries_from(fuzz::Input& input) {
  Command begin;
  begin.mutable_initialize()->set_v2_root(input.below(2) == 1 ? "/v2" : "");
  begin.mutable_initialize()->set_apply_rules(1);
  Stamp stamp{1'000, 1'700'000'000'000'000'000};
  std::vector<Entry> entries = {entry_of(begin, Index(1), stamp)};
  while (!input.empty() && entries.size() < 40) {
    stamp.cluster_ms += input.byte() * 100;
    Command command;
    if (!command.ParseFromString(std::string(input.prefixed())) || !is_admitted(command)) continue;
    entries.push_back(entry_of(command, Index(entries.size() + 1), stamp));
  }
  return entries;
}

class Member {
 public:
  Member() { open(); }
  void open() {
    store_.reset();
    store::Options options;
    options.directory = "/state";
    auto opened = store::Store::open(disk_, options);
    assert(opened);
    store_ = *std::move(opened);
  }

  void begin() { store_->begin_group(); }
  void apply(const Entry& entry) {
    Command command;
    const bool parsed = server::parse_command(entry.data, command);
    assert(parsed);
    state_.index = entry.index;
    state_.term = entry.term;
    state_.stamp = *server::read_stamp(entry.data);
    v3bridge::Outcome outcome = v3bridge::Bridge(*store_).apply(command, state_.stamp);
    outcome.index = entry.index;
    state_.chain = server::next_link(state_.chain, entry, outcome);
  }
  void commit() { store_->commit_group(state_); }

  uint64_t chain() const { return state_.chain; }
  uint64_t hash() const { return store_->hash(); }
  void sweep() {
    while (store_->compact_some(3)) {
    }
  }

 private:
  FakeDisk disk_;
  std::unique_ptr<store::Store> store_;
  store::AppliedState state_;
};

void check(fuzz::Input& input) {
  const std::vector<Entry> entries = entries_from(input);
  Member slow, fast;
  for (const Entry& entry : entries) {
    slow.begin();
    slow.apply(entry);
    slow.commit();
  }
  fast.begin();
  for (const Entry& entry : entries) fast.apply(entry);
  fast.commit();
  assert(slow.chain() == fast.chain());
  const uint64_t hash = slow.hash();
  assert(fast.hash() == hash);
  slow.sweep();
  assert(slow.hash() == hash);
  slow.open();
  assert(slow.hash() == hash);
}

}  // namespace
}  // namespace viaduct

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::log::set_level(viaduct::log::Level::kFatal);
  viaduct::fuzz::Input input(data, size);
  viaduct::check(input);
  return 0;
}
