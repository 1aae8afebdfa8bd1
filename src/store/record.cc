#include "store/record.h"

#include <tuple>

namespace viaduct::store {
namespace {

constexpr size_t kAllocationBytes = 16;  // what the allocator adds, roughly

size_t string_bytes(const std::string& text) {
  static const size_t inline_capacity = std::string().capacity();
  return text.capacity() > inline_capacity ? text.capacity() + kAllocationBytes : 0;
}

// Beyond sizeof(Record).
size_t owned_bytes(const Record& record) {
  const size_t value_bytes = record.value ? record.value.size() + kAllocationBytes : 0;
  return string_bytes(record.key) + string_bytes(record.user) + value_bytes;
}

}  // namespace

const char* action_name(Action action) {
  switch (action) {
    case Action::kSet:
      return "set";
    case Action::kCreate:
      return "create";
    case Action::kUpdate:
      return "update";
    case Action::kCompareAndSwap:
      return "compareAndSwap";
    case Action::kDelete:
      return "delete";
    case Action::kCompareAndDelete:
      return "compareAndDelete";
    case Action::kExpire:
      return "expire";
  }
  return "";
}

bool Record::operator==(const Record& other) const {
  const auto fields = [](const Record& r) {
    return std::tie(r.id, r.revision, r.sub, r.family, r.action, r.tombstone, r.is_explicit, r.refresh, r.by_v2,
                    r.silent, r.key, r.version, r.create_revision, r.created_seq, r.lease, r.own_lease, r.ttl,
                    r.prev_ttl, r.prev, r.user);
  };
  return fields(*this) == fields(other) && bool(value) == bool(other.value) && value.view() == other.value.view();
}

Record node_of(Record record) {
  Record node;
  node.id = record.id;
  node.revision = record.revision;
  node.family = record.family;
  node.is_explicit = record.is_explicit;
  node.key = std::move(record.key);
  node.value = std::move(record.value);
  node.version = record.version;
  node.create_revision = record.create_revision;
  node.created_seq = record.created_seq;
  node.lease = record.lease;
  return node;
}

size_t Event::footprint_bytes() const {
  size_t bytes = sizeof(Event) + kAllocationBytes + owned_bytes(record);
  if (prev) bytes += owned_bytes(*prev);
  bytes += companions.capacity() * sizeof(Record);
  for (const Record& companion : companions) bytes += owned_bytes(companion);
  return bytes;
}

}  // namespace viaduct::store
