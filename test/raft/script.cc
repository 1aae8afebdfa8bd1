#include "script.h"

#include <doctest/doctest.h>

#include <utility>

namespace viaduct::raft::test {

Script::Script(uint64_t term, uint64_t vote, const std::vector<uint64_t>& terms, const Configuration& configuration,
               const Options& options)
    : member(options, configuration, 1) {
  member.disk.hard_state = {Term(term), MemberId(vote), Index()};
  member.disk.entries = make_entries(1, terms);
  member.start();
}

Script Script::leader(const Configuration& configuration, const Options& options) {
  Script script(0, 0, {}, configuration, options);
  script.raft().campaign();
  script.hear();
  for (const MessageBody& answer : {MessageBody(PreVoteReply{true}), MessageBody(VoteReply{true})}) {
    for (const auto* half : {&configuration.voters, &configuration.outgoing}) {
      for (MemberId id : *half) {
        if (id != options.id) script.tell(id.value, 1, answer);
      }
    }
  }
  REQUIRE(script.raft().role() == Role::kLeader);
  return script;
}

void Script::say(uint64_t from, uint64_t term, MessageBody body, uint64_t incarnation) {
  raft().step({MemberId(from), raft().id(), Term(term), incarnation, std::move(body)});
}

std::vector<Message> Script::hear() {
  while (raft().has_ready() || !member.writes.empty() || !member.to_apply.empty()) {
    if (raft().has_ready()) member.take_ready();
    member.sync();
    member.apply();
  }
  return std::exchange(member.out, {});
}

std::vector<uint64_t> Script::terms() {
  std::vector<uint64_t> terms;
  const Log& log = raft().log();
  for (Index i = log.first_index(); i <= log.last_index(); i = i.next()) terms.push_back(log.term(i)->value);
  return terms;
}

}  // namespace viaduct::raft::test
