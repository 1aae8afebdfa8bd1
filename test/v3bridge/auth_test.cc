#include "v3bridge/auth.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

Command user_add(const std::string& name, const std::string& hash = "", bool no_password = false) {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_user_add();
  request.set_name(name);
  request.set_hashedpassword(hash);
  if (no_password) request.mutable_options()->set_no_password(true);
  return command;
}

Command user_delete(const std::string& name) {
  Command command;
  command.mutable_auth_change()->mutable_user_delete()->set_name(name);
  return command;
}

Command change_password(const std::string& name, const std::string& hash) {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_user_change_password();
  request.set_name(name);
  request.set_hashedpassword(hash);
  return command;
}

Command grant_role(const std::string& user, const std::string& role) {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_user_grant_role();
  request.set_user(user);
  request.set_role(role);
  return command;
}

Command revoke_role(const std::string& user, const std::string& role) {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_user_revoke_role();
  request.set_name(user);
  request.set_role(role);
  return command;
}

Command role_add(const std::string& name) {
  Command command;
  command.mutable_auth_change()->mutable_role_add()->set_name(name);
  return command;
}

Command role_delete(const std::string& name) {
  Command command;
  command.mutable_auth_change()->mutable_role_delete()->set_role(name);
  return command;
}

Command grant_permission(const std::string& role, const std::string& key, const std::string& range_end = "",
                         authpb::Permission::Type type = authpb::Permission::READ) {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_role_grant_permission();
  request.set_name(role);
  request.mutable_perm()->set_permtype(type);
  request.mutable_perm()->set_key(key);
  request.mutable_perm()->set_range_end(range_end);
  return command;
}

Command revoke_permission(const std::string& role, const std::string& key, const std::string& range_end = "") {
  Command command;
  auto& request = *command.mutable_auth_change()->mutable_role_revoke_permission();
  request.set_role(role);
  request.set_key(key);
  request.set_range_end(range_end);
  return command;
}

V3Error error_of(const Outcome& outcome) { return std::get<V3Result>(outcome.body).error; }

std::string joined(const auto& names) {
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return text;
}

std::string permissions(World& world, const std::string& role) {
  std::string text;
  const auto found = find_role(world.store(), role);
  REQUIRE(found);
  for (const authpb::Permission& permission : found->keypermission()) {
    text += permission.key() + "-" + permission.range_end() + ":" +
            authpb::Permission::Type_Name(static_cast<authpb::Permission::Type>(permission.permtype())) + " ";
  }
  return text;
}

// A user u with role r, which may read [k,l); a role s that nobody has.
struct Prepared : World {
  Prepared() {
    for (const Command& command :
         {user_add("u", "hash"), role_add("r"), role_add("s"), grant_role("u", "r"), grant_permission("r", "k", "l")}) {
      REQUIRE(error_of(apply(command)) == V3Error::kNone);
    }
  }
};

// Known bug: RB-05.
TEST_CASE("every change is refused for its first reason, and only what changed something raises the auth revision") {
  struct Case {
    const char* name;
    Command command;
    V3Error error;
    uint64_t steps;
  };
  const std::vector<Case> cases = {
      {"add a user", user_add("v"), V3Error::kNone, 1},
      {"add a user twice", user_add("u"), V3Error::kUserExists, 0},
      {"delete a user", user_delete("u"), V3Error::kNone, 1},
      {"delete nobody", user_delete("v"), V3Error::kUserNotFound, 0},
      {"change a password", change_password("u", "other"), V3Error::kNone, 1},
      {"change nobody's password", change_password("v", "other"), V3Error::kUserNotFound, 0},
      {"grant a role", grant_role("u", "s"), V3Error::kNone, 1},
      {"grant a role that is held", grant_role("u", "r"), V3Error::kNone, 0},
      {"grant root, which has no row", grant_role("u", "root"), V3Error::kNone, 1},
      {"grant no role", grant_role("u", "t"), V3Error::kRoleNotFound, 0},
      {"grant no role to nobody", grant_role("v", "t"), V3Error::kUserNotFound, 0},
      {"revoke a role", revoke_role("u", "r"), V3Error::kNone, 1},
      {"revoke a role not held", revoke_role("u", "s"), V3Error::kRoleNotGranted, 0},
      {"revoke from nobody", revoke_role("v", "r"), V3Error::kUserNotFound, 0},
      {"add a role", role_add("t"), V3Error::kNone, 1},
      {"add a role twice", role_add("r"), V3Error::kRoleExists, 0},
      {"delete a role", role_delete("r"), V3Error::kNone, 1},
      {"delete no role", role_delete("t"), V3Error::kRoleNotFound, 0},
      {"grant a permission", grant_permission("r", "a"), V3Error::kNone, 1},
      {"grant the same permission", grant_permission("r", "k", "l"), V3Error::kNone, 1},
      {"grant to no role", grant_permission("t", "a"), V3Error::kRoleNotFound, 0},
      {"revoke a permission", revoke_permission("r", "k", "l"), V3Error::kNone, 1},
      {"revoke part of a permission", revoke_permission("r", "k"), V3Error::kPermissionNotGranted, 0},
      {"revoke from no role", revoke_permission("t", "k", "l"), V3Error::kRoleNotFound, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Prepared world;
    const uint64_t before = auth_revision(world.store());
    const store::Numbers numbers = world.numbers();
    CHECK(error_of(world.apply(c.command)) == c.error);
    CHECK(auth_revision(world.store()) == before + c.steps);
    CHECK(world.numbers().revision == numbers.revision);  // no key changes, for v2 and v3 alike
    CHECK(world.numbers().seq == numbers.seq);
  }
}

TEST_CASE("the auth revision begins at one") {
  World world;
  CHECK(auth_revision(world.store()) == 1);
  CHECK_FALSE(find_user(world.store(), "root"));
  CHECK(user_names(world.store()).empty());
}

TEST_CASE("users, roles and the auth revision are there after a restart, in order of their names") {
  Prepared world;
  world.apply(user_add("a/b", "h"));
  world.apply(user_add("Z", "h"));
  world.restart();
  CHECK(joined(user_names(world.store())) == "Z a/b u ");
  CHECK(joined(role_names(world.store())) == "r s ");
  CHECK(auth_revision(world.store()) == 8);
  CHECK(find_user(world.store(), "u")->password() == "hash");
}

TEST_CASE("a name is a whole name, not the beginning of one") {
  World world;
  world.apply(user_add("ab"));
  CHECK_FALSE(find_user(world.store(), "a"));
  CHECK(error_of(world.apply(user_delete("a"))) == V3Error::kUserNotFound);
}

TEST_CASE("the roles of a user are kept in order, and a role that is deleted is nobody's any more") {
  Prepared world;
  world.apply(user_add("v"));
  for (const char* role : {"s", "root", "r"}) {
    world.apply(grant_role("u", role));
    world.apply(grant_role("v", role));
  }
  CHECK(joined(find_user(world.store(), "u")->roles()) == "r root s ");
  world.apply(role_delete("r"));
  CHECK(joined(find_user(world.store(), "u")->roles()) == "root s ");
  CHECK(joined(find_user(world.store(), "v")->roles()) == "root s ");
}

// Known bug: RB-62.
TEST_CASE("permissions are kept in order, one for each pair of key and range_end, and the newest type counts") {
  Prepared world;
  world.apply(grant_permission("r", "k", "", authpb::Permission::WRITE));
  world.apply(grant_permission("r", "b", std::string(1, '\0')));
  world.apply(grant_permission("r", "k", "l", authpb::Permission::READWRITE));
  world.apply(grant_permission("r", "z"));
  CHECK(permissions(world, "r") == "b-" + std::string(1, '\0') + ":READ k-:WRITE k-l:READWRITE z-:READ ");
  world.apply(revoke_permission("r", "k"));
  CHECK(permissions(world, "r") == "b-" + std::string(1, '\0') + ":READ k-l:READWRITE z-:READ ");
}

TEST_CASE("a user without a password has none, and gets none") {
  World world;
  world.apply(user_add("u", "ignored", true));
  CHECK(find_user(world.store(), "u")->password().empty());
  CHECK(error_of(world.apply(change_password("u", "hash"))) == V3Error::kNone);
  CHECK(find_user(world.store(), "u")->password().empty());
  CHECK(find_user(world.store(), "u")->options().no_password());
}

TEST_CASE("alarms leave the management of users alone") {
  for (const Alarm::Kind kind : {Alarm::NOSPACE, Alarm::CORRUPT}) {
    World world;
    Command alarm;
    alarm.mutable_alarm()->set_kind(kind);
    alarm.mutable_alarm()->set_raise(true);
    world.apply(alarm);
    CHECK(error_of(world.apply(user_add("u"))) == V3Error::kNone);
  }
}

}  // namespace
}  // namespace viaduct::v3bridge
