// One transaction: one revision if it appends anything, none if not (N3). Reads see its own changes at once.
// Nothing is rolled back: the caller checks everything before its first append (INV-L5).
// Lifetime: between Store::begin_group() and commit_group(), on the apply thread, one at a time. While one is open it
//           holds the store's write lock: keep it short.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/stamp.h"
#include "store/store.h"

namespace viaduct::store {

// What the caller decides about a record; the transaction fills in the rest (id, revision, version, create_revision,
// prev, shown TTLs) and keeps index, counts and leases in step.
struct Draft {
  Family family = Family::kKey;
  Action action = Action::kSet;
  std::string_view key{};
  Blob value{};
  bool tombstone = false;
  bool is_explicit = false;
  bool refresh = false;
  bool by_v2 = false;
  bool silent = false;
  Seq created_seq{};                      // 0: this record's own seq
  LeaseId lease{};                        // attach to this lease, which must exist; 0: none
  std::optional<uint64_t> ttl_seconds{};  // make a lease of its own (L1); not together with `lease`
  struct Life {
    Revision create_revision;
    uint64_t version;
  };
  std::optional<Life> life{};  // restoring: v3's numbers, which the history that is gone would have told
  bool keep_lease = false;     // leave the attachment as it is (a change of the explicit flag)
};

class Transaction {
 public:
  ~Transaction();  // ends it; takes the next revision if anything was appended
  Transaction(const Transaction&) = delete;

  const Stamp& stamp() const;
  Revision revision() const;  // the one its records carry
  Numbers numbers() const;    // seq: the newest taken so far
  bool has_changes() const;   // anything was appended

  const Entry* key(std::string_view key) const;
  const Entry* directory(std::string_view path) const;
  // As Store::scan. The callback must not append.
  void scan(Family family, std::string_view from, std::string_view to,
            const std::function<bool(const Entry&)>& visit) const;

  // Keys alive at a kept revision before this one. The callback must not append.
  void scan_keys_at(Revision revision, std::string_view from, std::string_view to,
                    const std::function<bool(const NodeView&)>& visit) const;
  uint64_t count_keys_at(Revision revision, std::string_view from, std::string_view to) const;

  // Its value, from the disk if it is not in memory.
  Blob value(const Entry& entry) const;

  // Takes the next seq; the next append() is its part 0.
  Seq begin_event();
  // Appends to the current event. Detaches what the name was attached to before (L2), attaches it anew, updates the
  // parent's child count and newest_below of all ancestors. The v2 root exists always and has no record. An event that
  // makes a directory where a key is removes that key by a companion, and has it as its prev.
  // The reference is valid until the next append().
  const Record& append(const Draft& draft);
  // Restoring: the next key's record gets this sub-revision, not below the one it would have got.
  void skip_to_sub(uint32_t sub);
  // The current event so far: record, prev, companions. Complete once the next begin_event() or the end came.
  EventPtr event() const;

  const Lease* lease(LeaseId id) const;
  std::vector<std::pair<Family, std::string>> attached(LeaseId id) const;  // keys, then directories, in byte order
  void grant(LeaseId id, uint64_t ttl_seconds);                            // must not exist
  void renew(LeaseId id);                                                  // deadline = stamp + TTL; gives it a row
  void drop_lease(LeaseId id);                                             // must have no attachments left

 private:
  friend class Store;
  explicit Transaction(Store::Impl& impl);
  Store::Impl& impl_;
};

}  // namespace viaduct::store
