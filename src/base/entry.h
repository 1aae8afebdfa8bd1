// What raft decides on and the WAL keeps: the vocabulary that both share without knowing each other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"

namespace viaduct {

enum class EntryType : uint8_t {
  kCommand = 0,        // a stamped Command (proto/viaduct/command.proto)
  kConfiguration = 1,  // a membership change
};

struct Entry {
  Term term;
  Index index;
  EntryType type = EntryType::kCommand;
  std::string data;  // empty for the entry that opens a term

  bool operator==(const Entry&) const = default;
};

// An entry never changes once it is made. Raft's log cache, the write in progress, messages on their way to followers
// and the apply queue all hold on to the same one, so its data is moved once, when it is proposed, and never copied.
using EntryPtr = std::shared_ptr<const Entry>;

// Raft paper, figure 2, "persistent state", and the commit index, which is written along but not synced for its own
// sake (CC-7).
struct HardState {
  Term term;
  MemberId vote;  // 0 = none in this term
  Index commit;

  bool operator==(const HardState&) const = default;
};

}  // namespace viaduct
