// The MVCC store: one event log on LevelDB, and beside it in memory the index of keys, the tree of directories and the
// leases, rebuilt at open by one sequential scan (D1, D9).
//
// Threads:   One apply thread changes it: begin_group(), transactions, commit_group(), compact(). Any thread reads,
//            either under a ReadLock (short: at most kSliceNodes steps) or through a Snapshot (long, in slices).
// Order:     commit_group() writes LevelDB first, unsynced: the WAL is the truth; a value leaves memory only when
//            LevelDB has it, so a reader finds every value in one of the two.
// Content:   replace_with() puts another state in place of this one. What is read under one ReadLock is of one state;
//            a Snapshot or a Copy stays with the one it was made of, whose files are there as long.
// Errors:    a failed LevelDB write is fatal() (CC-4, INV-A7), unless the store is on standby. open() answers kCorrupt
//            when the state cannot be trusted.
// Ownership: borrows `disk`, which must outlive this; outlives its Snapshots and Copies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/stamp.h"
#include "store/entry.h"
#include "store/lease.h"
#include "store/record.h"
#include "store/rw_lock.h"

namespace viaduct::store {

class Copy;
class Transaction;

struct Options {
  std::string directory;                     // LevelDB's; made when missing
  uint64_t value_cache_bytes = 256u << 20;   // current values kept in memory
  uint64_t recent_events_bytes = 16u << 20;  // events kept in memory for watchers that lag a little
  uint64_t write_buffer_bytes = 8u << 20;    // of LevelDB, before it makes a table of them
  bool standby = false;                      // not in use yet: a failure shows in status(), and is not fatal
};

// Where applying has got to; in the same LevelDB batch as the effects (INV-A4).
struct AppliedState {
  Index index;
  Term term;
  Stamp stamp;         // of the newest applied entry that had one
  uint64_t chain = 0;  // running hash over all that was applied (INV-A6)
};

struct Numbers {
  Seq seq{3};                   // X-Etcd-Index
  Revision revision{1};         // head
  bool compacted = false;       // at all
  Revision compacted_revision;  // 0 may have been compacted, too: nothing went then
  Seq compacted_seq;            // last seq of that revision; the oldest v2 index kept is the next one (T7)
  Seq state_seq;                // last seq before that revision, whose own records stay for v3 watches (RB-14)

  // As v3 shows it: -1 if nothing was compacted.
  int64_t compacted_or_none() const { return compacted ? static_cast<int64_t>(compacted_revision.value) : -1; }
};

// One node of either family as a reader copies it out: no pointer into the store.
struct NodeView {
  Family family = Family::kKey;
  std::string key;
  RecordId id;
  Revision create_revision, mod_revision;
  uint64_t version = 0;
  Seq created_seq;
  Blob value;  // null if not in memory: fetch it with Store::load_value(id)
  LeaseId lease;
  std::optional<ShownTtl> ttl;  // from the lease, at the time the reader gave
  bool is_explicit = false;
  uint32_t children = 0;  // directories: live children of any kind, hidden and shadowed ones too
  Seq newest_below;       // directories: newest seq at or below it (D5)
};

// How much of a node a reader needs; what it does not need may be missing.
enum class Detail { kAllButValues, kAll };

class Store {
 public:
  struct Impl;  // store_impl.h, for this folder only

  static Result<std::unique_ptr<Store>> open(Disk& disk, const Options& options);
  ~Store();

  // --- apply thread ---
  void begin_group();
  Transaction begin(const Stamp& stamp, std::string_view user);  // inside a group; see transaction.h
  // Writes all that the group's transactions appended, with `applied`, in one batch; then makes the events available
  // to events_since(). Returns them in order of seq.
  std::vector<EventPtr> commit_group(const AppliedState& applied);

  // Below which v2 lives (P1): "" or a canonical path. Inside a group, before the first key; kept as a row. The root
  // itself is a directory that always exists and has no record; its key is the root's own text.
  void set_v2_root(std::string_view root);

  // Replicated small tables (membership, cluster version, alarms, v2 root): rows by name, part of the hash.
  // Inside a group; written with it.
  void put_row(std::string_view name, std::string_view value);
  void delete_row(std::string_view name);

  // Marks all at or below `revision` as state (T7). Inside a group: the point is durable with it; the records go in
  // slices by compact_some(). kCompacted or kFutureRevision if the revision is not in (compacted, head]; 0 passes as
  // long as nothing was compacted.
  Result<void> compact(Revision revision);
  // Deletes up to `max_records` records that compaction left behind; false when none is left.
  bool compact_some(size_t max_records);

  // Between groups: from here on this is the state that `next` holds, whose numbers are no lower. Whoever reads goes on
  // with it at the next ReadLock. `retire` gets the old state once nobody reads it any more, on the thread that was the
  // last to: to end a large one takes long, so it should go to a thread that has the time.
  using Retire = std::function<void(std::unique_ptr<Store>)>;
  void replace_with(std::unique_ptr<Store> next, Retire retire);

  // Restoring: inside a group, the head becomes these numbers, neither of them lower than it was. What they skip never
  // was: compact() at the new head or later must follow before the store is opened again.
  void advance_to(Revision revision, Seq seq);

  // --- any thread ---
  // Readers hold this only while they copy out at most kSliceNodes nodes.
  static constexpr size_t kSliceNodes = 1000;
  class ReadLock {
   public:
    explicit ReadLock(const Store& store);
    ~ReadLock();
    ReadLock(const ReadLock&) = delete;
    ReadLock& operator=(const ReadLock&) = delete;

   private:
    const Store& store_;
  };

  // All of these need a ReadLock held by the caller.
  Numbers numbers() const;
  AppliedState applied() const;
  const std::string& v2_root() const;
  const Entry* find(Family family, std::string_view key) const;  // live, or null
  // Live entries of one family with from <= key < to in byte order (`to` empty: no end); stops when `visit` says false.
  void scan(Family family, std::string_view from, std::string_view to,
            const std::function<bool(const Entry&)>& visit) const;
  NodeView view(const Entry& entry, uint64_t now_ms) const;  // marks the value as used
  std::optional<std::string> row(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> rows(std::string_view prefix) const;
  // The seq that the events of a revision begin with: of the compacted one or a later; of one that is not there yet,
  // the next seq.
  Seq first_seq(Revision revision) const;
  const Lease* find_lease(LeaseId id) const;
  // By id, from this one on; stops when `visit` says false.
  void each_lease(const std::function<bool(const Lease&)>& visit, LeaseId from = {}) const;
  // Attached names in byte order: keys, then directories.
  std::vector<std::pair<Family, std::string>> attached(LeaseId id) const;

  // The state is just as it came from another member: nothing has been applied to it since (Seed::put_installed()).
  bool is_as_installed() const;

  // No lock needed.
  Result<void> status() const;  // on standby: the first failure
  void put_in_use();            // ends the standby: a failure is fatal from here on, one from before as well
  // Afterwards the state is durable at least up to the index that was applied when this was called (RF-8, CC-10).
  void barrier();
  // The value of a record that is or was in the log; null if compaction took it meanwhile (then look again).
  // Not on the apply thread while it has a transaction open, which has value() for that.
  Blob load_value(RecordId id) const;
  // The whole record; nothing if it never was, or compaction took it.
  std::optional<Record> load_record(RecordId id) const;
  // Events with seq >= from, oldest first, until either bound is reached (at least one if there is one); from memory
  // or the log. kCompacted when `from` is at or below compacted_seq; with kCompactedToo only at or below state_seq, but
  // those of the compacted revision may be without what they replaced.
  enum class Reach { kKept, kCompactedToo };
  Result<std::vector<EventPtr>> events_since(Seq from, size_t max_events, size_t max_bytes,
                                             Reach reach = Reach::kKept) const;

  // Range reads at any kept revision: pins `revision` (0 = head) against compaction while it lives.
  class Snapshot {
   public:
    virtual ~Snapshot() = default;
    virtual Revision revision() const = 0;
    virtual Seq seq() const = 0;          // last of that revision
    virtual Numbers numbers() const = 0;  // when it was made
    // The first nodes of [from, to) at that revision in byte order: at most `limit`, which is at most kSliceNodes;
    // fewer only when there are no more. Children and newest_below are those of now.
    virtual std::vector<NodeView> slice(Family family, std::string_view from, std::string_view to, size_t limit,
                                        Detail detail) = 0;
    virtual uint64_t count(Family family, std::string_view from, std::string_view to) = 0;
    // True if it is the record that a read of its name finds.
    virtual bool shows(const Record& record) const = 0;
    virtual Blob value(const NodeView& node) const = 0;  // of a node that this showed
    std::vector<NodeView> slice(Family family, std::string_view from, std::string_view to, size_t limit) {
      return slice(family, from, to, limit, Detail::kAll);
    }
  };
  // `now_ms` is the time for NodeView::ttl. kCompacted or kFutureRevision if the revision is not kept.
  Result<std::unique_ptr<Snapshot>> snapshot(Revision revision, uint64_t now_ms = 0) const;

  // All that is replicated as of the newest group, for as long as it takes to read it (copy.h).
  std::unique_ptr<Copy> copy() const;

  // Leases whose deadline is at or below `cluster_ms`, in order of (deadline, id): at most `max_leases`, and no more
  // once `max_attached` keys are reached.
  std::vector<LeaseId> expired(uint64_t cluster_ms, size_t max_leases,
                               size_t max_attached) const;  // takes the lock itself
  bool has_leases() const;

  // Hash over everything replicated: kept records, leases, rows, numbers (INV-A2), whatever compact_some() has got to.
  // Says what the state is, not how it came to be: AppliedState is no part of it. Slow; for tests and checks. On the
  // apply thread, between groups.
  uint64_t hash() const;

  struct Sizes {
    uint64_t live_keys, directories, leases;
    uint64_t record_bytes;  // of all kept records, history included: what the quota counts
    uint64_t kept_events;   // head seq - compacted seq
    uint64_t cached_value_bytes;
    uint64_t shadowed_keys;  // T4
  };
  Sizes sizes() const;

 private:
  explicit Store(std::unique_ptr<Impl> impl);
  static void let_go(Impl* impl);
  std::shared_ptr<Impl> content() const;

  // Guards all that readers see, impl_ itself among it, which the apply thread alone changes.
  mutable RwLock lock_;
  std::shared_ptr<Impl> impl_;  // Snapshots, Copies and reads under way hold on to the one they began with
};

}  // namespace viaduct::store
