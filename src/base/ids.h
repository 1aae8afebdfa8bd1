// Numbers that must not be mixed are different types. Each is a plain uint64_t inside and prints as decimal;
// member and cluster ids are shown to users as lower-case hex without padding (operations.md 2.4).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace viaduct {

template <typename Tag>
struct Id {
  uint64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(uint64_t v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
  constexpr Id next() const { return Id(value + 1); }
  constexpr Id previous() const { return Id(value - 1); }
};

template <typename Tag>
std::string to_string(Id<Tag> id) {
  return std::to_string(id.value);
}

using Term = Id<struct TermTag>;          // raft term; 0 before the first election
using Index = Id<struct IndexTag>;        // raft log index; the first entry is 1
using Revision = Id<struct RevisionTag>;  // v3 main revision; 1 on an empty store
using Seq = Id<struct SeqTag>;            // number of a v2 event, v2's index; 3 on an empty store
using LeaseId = Id<struct LeaseIdTag>;    // the int64 of the v3 API as unsigned bits; 0 = no lease
using MemberId = Id<struct MemberIdTag>;
using ClusterId = Id<struct ClusterIdTag>;

std::string to_hex(uint64_t value);  // lower case, no padding

}  // namespace viaduct

template <typename Tag>
struct std::hash<viaduct::Id<Tag>> {
  size_t operator()(viaduct::Id<Tag> id) const noexcept { return std::hash<uint64_t>()(id.value); }
};
