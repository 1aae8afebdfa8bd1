// All members and all that was ever said among them, small enough to try every order of events: three members, a few
// terms, a few entries. The network is what each term's members have said so far. Nothing is taken back, so all of it
// may arrive late, twice or never, in any order. A crash and the restart after it are one event: meanwhile a member
// would only be deaf.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "rules.h"

namespace viaduct::model {

constexpr size_t kMaxMembers = 3;
constexpr size_t kMaxTerms = 4;
constexpr size_t kMaxEntries = 5;
constexpr size_t kMaxIncarnations = 3;

// Entries 1..last(); what is not there is zero, so that equal logs are equal bytes.
class SmallLog {
 public:
  uint8_t last() const { return last_; }
  uint8_t term(uint8_t index) const { return index == 0 ? uint8_t{0} : at(index).term; }
  const Entry<uint8_t>& at(uint8_t index) const { return entries_[index - 1]; }
  void push(Entry<uint8_t> entry) { entries_[last_++] = entry; }
  void cut(uint8_t last) {
    while (last_ > last) entries_[--last_] = {};
  }
  bool operator==(const SmallLog&) const = default;

 private:
  std::array<Entry<uint8_t>, kMaxEntries> entries_{};
  uint8_t last_ = 0;
};

struct Small {
  using Number = uint8_t;
  using Set = uint8_t;
  using Log = SmallLog;
  static constexpr size_t kMembers = kMaxMembers;
};
using SmallMember = Member<Small>;
using SmallConfiguration = Configuration<uint8_t>;

enum class Start : uint8_t {
  kEmpty,
  kSettled,           // member 1 leads term 1, its first entry is everywhere, committed and applied
  kLost,              // and a second one was committed by members 1 and 3; member 3 has lost it and is in quarantine
  kLostAndForgotten,  // and member 1 has restarted, and does not know how much was committed
};

// How large a world is, and what may happen in it.
struct Scope {
  const char* name;
  uint8_t terms;
  uint8_t entries;
  SmallConfiguration initial{0b111, 0, 0};
  std::vector<SmallConfiguration> changes{};  // that a leader may propose: one at a time, or by way of a joint one
  uint8_t candidates = 0b111;                 // who may ever stand
  uint8_t proposals = 9;                      // of commands; a leader's first entry is none
  uint8_t restarts = 0;
  uint8_t restarting = 0b111;    // who may
  uint8_t losses = 0;            // of any part of the log of member 3, each with one of the restarts
  uint8_t rounds = 0;            // of heartbeats in a term; for quarantines
  bool has_quarantines = false;  // so it matters what a leader has heard of whom
  Start start = Start::kEmpty;
  bool slow_disk = false;     // else all is durable at once
  bool steps_down = false;    // a leader may, in its own term (check quorum)
  bool pre_vote = false;      // else whoever may stand does; and leadership is handed over
  bool tells_commit = false;  // answers to votes do
};

// What has been said in a term.
struct Said {
  uint8_t leader = 0;
  uint8_t commit = 0;
  uint8_t round = 0;
  SmallLog log;                                         // all that the leader has sent
  std::array<uint8_t, kMaxEntries> committed_before{};  // each entry: no append with it tells of less
  uint8_t candidates = 0;
  std::array<EntryId<uint8_t>, kMaxMembers> candidate_last{};
  std::array<uint8_t, kMaxMembers> granted{};  // by whom, to each
  uint8_t asking = 0;                          // before a vote in this term
  std::array<EntryId<uint8_t>, kMaxMembers> asking_last{};
  std::array<uint8_t, kMaxMembers> would_grant{};
  uint8_t told_to_stand = 0;
  // By each member's incarnations: acknowledged in quarantine or not, the newest round answered.
  std::array<std::array<std::array<uint8_t, 2>, kMaxIncarnations>, kMaxMembers> acknowledged{};
  std::array<std::array<uint8_t, kMaxIncarnations>, kMaxMembers> answered{};
  std::array<uint8_t, kMaxMembers> released{};  // incarnations of each
};

struct World {
  std::array<SmallMember, kMaxMembers> members;
  std::array<Said, kMaxTerms> said;  // [term - 1]
  uint8_t proposals = 0;
  uint8_t restarts = 0;
  uint8_t losses = 0;
  // Not the members' business: who led each term, what was ever committed, and in which term first.
  std::array<uint8_t, kMaxTerms> leaders{};
  SmallLog committed;
  std::array<uint8_t, kMaxEntries> committed_in{};
};
static_assert(std::has_unique_object_representations_v<World>);  // equal worlds are equal bytes

World first_world(const Scope& scope);

// One thing that happened, for the reader, with the members, terms and indexes that it was about.
struct Event {
  const char* what;
  uint8_t member;
  std::array<uint8_t, 3> about{};
};
std::string to_string(const Event& event);

// Called with each event that may come next and the world after it, always in the same order. `broken` names the
// invariant that the event has broken, null if none.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual void visit(const World& next, const Event& event, const char* broken) = 0;
};
void for_each_event(const Scope& scope, const Rules& rules, const World& world, Visitor& visitor);

// An invariant that does not hold in this world, or null.
const char* broken_invariant(const World& world);

}  // namespace viaduct::model
