#include "store/lease_table.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace viaduct::store {

const Lease* LeaseTable::find(LeaseId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second->lease;
}

LeaseTable::Node& LeaseTable::node(LeaseId id) const {
  const auto found = by_id_.find(id);
  assert(found != by_id_.end());
  return *found->second;
}

LeaseId LeaseTable::free_v2_id(Seq seq) const {
  LeaseId id(kFirstV2LeaseId + seq.value);
  while (by_id_.contains(id)) id = id.next();
  return id;
}

void LeaseTable::put(const Lease& lease) {
  std::unique_ptr<Node>& slot = by_id_[lease.id];
  if (slot) {
    by_deadline_.erase({slot->lease.deadline_ms, lease.id});
  } else {
    slot = std::make_unique<Node>();
  }
  slot->lease = lease;
  by_deadline_.insert({lease.deadline_ms, lease.id});
}

void LeaseTable::erase(LeaseId id) {
  const auto found = by_id_.find(id);
  assert(found != by_id_.end() && found->second->size() == 0);
  by_deadline_.erase({found->second->lease.deadline_ms, id});
  by_id_.erase(found);
}

void LeaseTable::attach(LeaseId id, Entry& entry) {
  Node& lease = node(id);
  if (lease.size() == 0) {
    lease.only = &entry;
    return;
  }
  if (!lease.many) {
    lease.many = std::make_unique<Attachments>();
    lease.many->insert(lease.only);
    lease.only = nullptr;
  }
  lease.many->insert(&entry);
}

void LeaseTable::detach(LeaseId id, Entry& entry) {
  Node& lease = node(id);
  if (!lease.many) {
    assert(lease.only == &entry);
    lease.only = nullptr;
    return;
  }
  [[maybe_unused]] const size_t erased = lease.many->erase(&entry);
  assert(erased == 1);
  if (lease.many->empty()) lease.many.reset();
}

bool LeaseTable::has_attachments(LeaseId id) const { return node(id).size() != 0; }

std::vector<std::pair<Family, std::string>> LeaseTable::attached(LeaseId id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return {};
  const Node& lease = *found->second;
  std::vector<std::pair<Family, std::string>> names;
  if (lease.only) names.emplace_back(lease.only->family(), lease.only->key());
  if (lease.many) {
    names.reserve(lease.many->size());
    for (const Entry* entry : *lease.many) names.emplace_back(entry->family(), entry->key());
  }
  return names;
}

void LeaseTable::each(const std::function<bool(const Lease&)>& visit, LeaseId from) const {
  for (auto lease = by_id_.lower_bound(from); lease != by_id_.end(); ++lease) {
    if (!visit(lease->second->lease)) return;
  }
}

std::vector<LeaseId> LeaseTable::expired(uint64_t cluster_ms, size_t max_leases, size_t max_attached) const {
  std::vector<LeaseId> ids;
  size_t attached = 0;
  for (const auto& [deadline_ms, id] : by_deadline_) {
    if (deadline_ms > cluster_ms || ids.size() >= max_leases || attached >= max_attached) break;
    ids.push_back(id);
    attached += node(id).size();
  }
  return ids;
}

Lease lease_from(LeaseId id, uint64_t ttl_seconds, const Stamp& stamp) {
  constexpr int64_t kLatestNs = std::numeric_limits<int64_t>::max();  // in the year 2262
  Lease lease;
  lease.id = id;
  lease.ttl_seconds = std::min(ttl_seconds, kMaxTtlSeconds);
  lease.deadline_ms = stamp.cluster_ms + lease.ttl_seconds * 1000;
  const int64_t ttl_ns = static_cast<int64_t>(lease.ttl_seconds) * 1'000'000'000;
  lease.expiration_ns = stamp.wall_ns > kLatestNs - ttl_ns ? kLatestNs : stamp.wall_ns + ttl_ns;
  return lease;
}

std::string encode_lease(const Lease& lease) {
  std::string out;
  put_varint(out, lease.ttl_seconds);
  put_varint(out, lease.deadline_ms);
  put_zigzag(out, lease.expiration_ns);
  out.push_back(lease.made_by_v2 ? 1 : 0);
  return out;
}

bool decode_lease(LeaseId id, Bytes data, Lease& lease) {
  ByteReader in(data);
  lease = Lease();
  lease.id = id;
  lease.ttl_seconds = in.take_varint();
  lease.deadline_ms = in.take_varint();
  lease.expiration_ns = in.take_zigzag();
  const uint8_t made_by_v2 = in.take_u8();
  lease.made_by_v2 = made_by_v2 != 0;
  lease.has_row = true;
  return in.done() && made_by_v2 <= 1;
}

}  // namespace viaduct::store
