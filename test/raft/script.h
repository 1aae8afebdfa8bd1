// A lone member with a given past. Whoever it talks to is the test: it says one message at a time and gets everything
// the member has to say once its disk and its state machine have caught up.
#pragma once

#include <string>
#include <vector>

#include "member.h"

namespace viaduct::raft::test {

inline EntryId entry_id(uint64_t index, uint64_t term) { return {Index(index), Term(term)}; }

inline std::vector<EntryPtr> make_entries(uint64_t first, const std::vector<uint64_t>& terms) {
  std::vector<EntryPtr> entries;
  for (uint64_t term : terms) entries.push_back(make_entry(first + entries.size(), term));
  return entries;
}

inline AppendReply accepted(uint64_t index) { return {true, Index(index), {}}; }

class Script {
 public:
  // Member 1 in `term`, having voted for `vote`, with entries of `terms`.
  Script(uint64_t term, uint64_t vote, const std::vector<uint64_t>& terms,
         const Configuration& configuration = voters({1, 2, 3}), const Options& options = options_of(1));
  static Script leader(const Configuration& configuration = voters({1, 2, 3}), const Options& options = options_of(1));

  Raft& raft() { return *member.raft; }
  void say(uint64_t from, uint64_t term, MessageBody body, uint64_t incarnation = 1);
  std::vector<Message> hear();  // syncs, applies, and returns what was sent since
  std::vector<Message> tell(uint64_t from, uint64_t term, MessageBody body, uint64_t incarnation = 1) {
    say(from, term, std::move(body), incarnation);
    return hear();
  }
  std::vector<uint64_t> terms();  // of the log

  Member member;
};

// The bodies of one kind among messages to `to`, or to anyone.
template <typename Body>
std::vector<Body> bodies(const std::vector<Message>& messages, uint64_t to = 0) {
  std::vector<Body> found;
  for (const Message& message : messages) {
    const Body* body = std::get_if<Body>(&message.body);
    if (body && (to == 0 || message.to.value == to)) found.push_back(*body);
  }
  return found;
}

}  // namespace viaduct::raft::test
