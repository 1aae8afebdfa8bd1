#include "test/sim/rollback.h"

#include <algorithm>

namespace viaduct::sim {
namespace {

constexpr const char* kData = "/data";

void remove_tree(FakeDisk& disk, const std::string& path) {
  if (const auto names = disk.list(path)) {
    for (const std::string& name : *names) remove_tree(disk, join_path(path, name));
  }
  (void)disk.remove(path);
}

void copy_file(FakeDisk& from, FakeDisk& to, const std::string& path) {
  const auto source = from.open(path, OpenMode::kRead);
  const auto copy = to.open(path, OpenMode::kCreate);
  std::string content((*source)->size().value(), '\0');
  (void)(*source)->read_at(0, content);
  (void)(*copy)->write_at(0, content);
  (void)(*copy)->sync();
}

void copy_tree(FakeDisk& from, FakeDisk& to, const std::string& path) {
  const auto names = from.list(path);
  if (!names) return copy_file(from, to, path);
  (void)to.create_directory(path);
  for (const std::string& name : *names) copy_tree(from, to, join_path(path, name));
  (void)to.sync_directory(path);
}

}  // namespace

void Rollback::back_up(Member& member, Dice& dice) { backups_[&member] = member.disk().fake().crash_image(dice); }

bool Rollback::may(const Member& member) const {
  const auto lost =
      static_cast<size_t>(std::ranges::count_if(members_, [](const auto& one) { return one->is_damaged(); }));
  if (member.is_damaged() || lost >= (members_.size() - 1) / 2) return false;
  const RaftTrace& trace = *RaftTrace::current();
  const RaftTrace::Standing own = trace.standing(member.id());
  const auto has_all = [&](const std::unique_ptr<Member>& other) {
    const RaftTrace::Standing theirs = trace.standing(other->id());
    return other->serves() && theirs.leader && theirs.leader != member.id() && theirs.term >= own.term &&
           world_.invariants.applied_by(other->id()) >= own.furthest;
  };
  const RaftTrace::Standing some = trace.standing(members_[members_[0].get() == &member ? 1 : 0]->id());
  return std::ranges::all_of(members_, [&](const auto& other) {
    return other.get() == &member || (has_all(other) && trace.standing(other->id()).leader == some.leader &&
                                      trace.standing(other->id()).term == some.term);
  });
}

void Rollback::perform(Member& member) {
  FakeDisk& disk = member.disk().fake();
  remove_tree(disk, kData);
  if (const auto backup = backups_.find(&member); backup != backups_.end()) {
    copy_tree(*backup->second, disk, kData);
  } else {
    (void)disk.create_directory(kData);
  }
  (void)disk.sync_directory("/");
  member.lose_its_word();
  world_.invariants.forget_votes(member.id());
  RaftTrace::current()->stop();
}

}  // namespace viaduct::sim
