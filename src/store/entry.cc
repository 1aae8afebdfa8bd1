#include "store/entry.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <new>

namespace viaduct::store {

Entry::Owner Entry::make(Family family, std::string_view key) {
  assert(key.size() <= std::numeric_limits<uint32_t>::max());
  void* const memory = ::operator new(sizeof(Entry) + key.size());
  Owner entry(new (memory) Entry(family, static_cast<uint32_t>(key.size())));
  if (!key.empty()) std::memcpy(static_cast<void*>(entry.get() + 1), key.data(), key.size());
  return entry;
}

void Entry::Delete::operator()(Entry* entry) const {
  entry->~Entry();
  ::operator delete(entry);
}

Entry::Details& Entry::details() {
  if (!details_) {
    details_ = std::make_unique<Details>();
    details_->create_revision = mod_revision_;
    details_->created_seq = seq_;
  }
  return *details_;
}

void Entry::advance(const Record& record, uint32_t record_bytes) {
  const bool plain = !record.tombstone && record.version == 1 && record.created_seq == record.id.seq && !record.lease;
  if (id()) {
    details().older.push_back({seq_, part_, live_ ? 0u : 1u, record_bytes_});
  }
  seq_ = record.id.seq;
  part_ = record.id.part;
  mod_revision_ = record.revision;
  value_ = record.value;
  record_bytes_ = record_bytes;
  live_ = !record.tombstone;
  explicit_ = record.is_explicit;
  if (plain && !details_) return;
  Details& more = details();
  more.create_revision = record.create_revision;
  more.version = record.version;
  more.created_seq = record.created_seq;
  more.lease = record.lease;
}

void Entry::make_root() {
  live_ = explicit_ = true;
  details().version = 0;
}

const std::vector<Version>& Entry::older() const {
  static const std::vector<Version> none;
  return details_ ? details_->older : none;
}

std::optional<Entry::At> Entry::at(Seq seq) const {
  if (seq_ <= seq) return At{id(), !live_};
  const std::vector<Version>& versions = older();
  const auto after =
      std::partition_point(versions.begin(), versions.end(), [&](const Version& v) { return v.seq <= seq; });
  if (after == versions.begin()) return std::nullopt;
  return At{std::prev(after)->id(), std::prev(after)->tombstone != 0};
}

uint32_t Entry::forget_older(RecordId id) {
  if (!details_) return 0;
  std::vector<Version>& versions = details_->older;
  const auto found = std::find_if(versions.begin(), versions.end(), [&](const Version& v) { return v.id() == id; });
  if (found == versions.end()) return 0;
  const uint32_t bytes = found->record_bytes;
  versions.erase(found);
  if (versions.empty()) versions.shrink_to_fit();
  return bytes;
}

}  // namespace viaduct::store
