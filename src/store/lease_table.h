// All leases with what is attached to them, by id and by deadline (bridge.md section 6).
//
// Cheap for a million leases of one attachment each, which is what v2 TTLs are: about 120 bytes for one.
// Ownership: owns the leases, borrows the entries: an attached entry is live, and detached before it dies.
// Threads:   as the store's index.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/stamp.h"
#include "store/entry.h"
#include "store/lease.h"

namespace viaduct::store {

class LeaseTable {
 public:
  const Lease* find(LeaseId id) const;
  bool empty() const { return by_id_.empty(); }
  size_t size() const { return by_id_.size(); }
  LeaseId free_v2_id(Seq seq) const;  // L1: 2^62 + seq, or the next free one

  void put(const Lease& lease);  // new, or new terms of one that keeps its attachments
  void erase(LeaseId id);        // must have no attachments
  void attach(LeaseId id, Entry& entry);
  void detach(LeaseId id, Entry& entry);

  bool has_attachments(LeaseId id) const;
  std::vector<std::pair<Family, std::string>> attached(LeaseId id) const;  // keys, then directories, in byte order
  // By id, from this one on; stops when `visit` says false.
  void each(const std::function<bool(const Lease&)>& visit, LeaseId from = {}) const;
  // With a deadline at or below `cluster_ms`, by (deadline, id); ends once `max_leases` or `max_attached` is reached.
  std::vector<LeaseId> expired(uint64_t cluster_ms, size_t max_leases, size_t max_attached) const;

 private:
  struct ByFamilyAndKey {
    bool operator()(const Entry* a, const Entry* b) const {
      return a->family() != b->family() ? a->family() < b->family() : a->key() < b->key();
    }
  };
  using Attachments = absl::btree_set<Entry*, ByFamilyAndKey>;
  struct Node {
    Lease lease;
    Entry* only = nullptr;              // the attachment, while there is one
    std::unique_ptr<Attachments> many;  // made with the second one

    size_t size() const { return many ? many->size() : only ? 1 : 0; }
  };
  Node& node(LeaseId id) const;

  absl::btree_map<LeaseId, std::unique_ptr<Node>> by_id_;
  absl::btree_set<std::pair<uint64_t, LeaseId>> by_deadline_;
};

// A lease that begins, or begins again, at `stamp`; a TTL beyond kMaxTtlSeconds counts as that (L4).
Lease lease_from(LeaseId id, uint64_t ttl_seconds, const Stamp& stamp);

// lease := ttl_seconds:varint deadline_ms:varint expiration_ns:zigzag made_by_v2:u8
std::string encode_lease(const Lease& lease);
bool decode_lease(LeaseId id, Bytes data, Lease& lease);  // the result has_row

}  // namespace viaduct::store
