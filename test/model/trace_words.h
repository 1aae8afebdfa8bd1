// What raft says, in the model's words.
#pragma once

#include <cstdint>

#include "raft/message.h"
#include "rules.h"

namespace viaduct::model {

inline EntryId<uint64_t> id_of(raft::EntryId entry) { return {entry.index.value, entry.term.value}; }

inline Entry<uint64_t> entry_of(const viaduct::Entry& entry) {
  return {entry.term.value, entry.type == EntryType::kConfiguration ? 1u : 0u};
}

// The part of its log that an append brings along.
class SentLog {
 public:
  explicit SentLog(const raft::AppendRequest& request) : request_(request) {}
  uint64_t first() const { return request_.previous.index.value; }
  uint64_t last() const { return first() + request_.entries.size(); }
  uint64_t term(uint64_t index) const { return index == first() ? request_.previous.term.value : at(index).term; }
  Entry<uint64_t> at(uint64_t index) const { return entry_of(*request_.entries[index - first() - 1]); }

 private:
  const raft::AppendRequest& request_;
};

}  // namespace viaduct::model
