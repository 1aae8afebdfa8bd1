#include "v3/auth.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"
#include "v3bridge/auth.h"
#include "v3bridge/password.h"

namespace viaduct::v3 {
namespace {

using namespace etcdserverpb;

constexpr int kLeastCost = 4;

struct AuthWorld : ServiceWorld {
  explicit AuthWorld(const char* release = "3.5.21") {
    options.release = Release(release);
    add_auth_methods(methods, engine, options, kLeastCost);
  }

  // "OK", or code and text without "etcdserver: ".
  template <typename Request>
  std::string ask(const std::string& method, Request request) {
    said = call("/etcdserverpb.Auth/" + method, request);
    REQUIRE(said->end);
    if (said->end->ok()) return "OK";
    const std::string& text = said->end->message;
    CHECK(text.starts_with("etcdserver: "));
    return std::to_string(static_cast<int>(said->end->code)) + text.substr(11);
  }
  std::string user_add(const std::string& name, const std::string& password = "", bool no_password = false) {
    AuthUserAddRequest request;
    request.set_name(name);
    request.set_password(password);
    if (no_password) request.mutable_options()->set_no_password(true);
    return ask("UserAdd", request);
  }
  std::string user_get(const std::string& name) {
    AuthUserGetRequest request;
    request.set_name(name);
    return ask("UserGet", request);
  }
  std::string role_add(const std::string& name) {
    AuthRoleAddRequest request;
    request.set_name(name);
    return ask("RoleAdd", request);
  }
  std::string role_get(const std::string& role) {
    AuthRoleGetRequest request;
    request.set_role(role);
    return ask("RoleGet", request);
  }
  std::string grant_role(const std::string& user, const std::string& role) {
    AuthUserGrantRoleRequest request;
    request.set_user(user);
    request.set_role(role);
    return ask("UserGrantRole", request);
  }
  std::string grant(const std::string& role, const std::string& key, const std::string& range_end = "") {
    AuthRoleGrantPermissionRequest request;
    request.set_name(role);
    request.mutable_perm()->set_key(key);
    request.mutable_perm()->set_range_end(range_end);
    return ask("RoleGrantPermission", request);
  }
  uint64_t auth_revision() {
    REQUIRE(ask("AuthStatus", AuthStatusRequest()) == "OK");
    CHECK_FALSE(said->message<AuthStatusResponse>(0).enabled());
    return said->message<AuthStatusResponse>(0).authrevision();
  }
  std::string hash_of(const std::string& user) { return v3bridge::find_user(engine.store(), user)->password(); }

  std::shared_ptr<Said> said;  // by the last call
};

std::string joined(const auto& names) {
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return text;
}

TEST_CASE("what is asked of users and roles that are not there, or are there already, is refused as etcd does") {
  AuthWorld world;
  AuthUserDeleteRequest user_delete;
  AuthUserChangePasswordRequest change;
  AuthUserRevokeRoleRequest revoke_role;
  AuthRoleDeleteRequest role_delete;
  AuthRoleRevokePermissionRequest revoke_permission;
  user_delete.set_name("nobody");
  change.set_name("nobody");
  revoke_role.set_name("nobody");
  role_delete.set_role("none");
  revoke_permission.set_role("none");
  CHECK(world.user_get("nobody") == "9 user name not found");
  CHECK(world.ask("UserDelete", user_delete) == "9 user name not found");
  CHECK(world.ask("UserChangePassword", change) == "9 user name not found");
  CHECK(world.ask("UserRevokeRole", revoke_role) == "9 user name not found");
  CHECK(world.grant_role("nobody", "none") == "9 user name not found");
  CHECK(world.role_get("none") == "9 role name not found");
  CHECK(world.role_get("root") == "9 role name not found");
  CHECK(world.ask("RoleDelete", role_delete) == "9 role name not found");
  CHECK(world.ask("RoleRevokePermission", revoke_permission) == "9 role name not found");
  CHECK(world.grant("none", "k") == "9 role name not found");

  CHECK(world.user_add("") == "3 user name is empty");
  CHECK(world.role_add("") == "3 role name is empty");
  CHECK(world.user_add("u", "p") == "OK");
  CHECK(world.user_add("u", "p") == "9 user name already exists");
  CHECK(world.role_add("r") == "OK");
  CHECK(world.role_add("r") == "9 role name already exists");
  CHECK(world.grant_role("u", "none") == "9 role name not found");
  revoke_role.set_name("u");
  revoke_role.set_role("r");
  CHECK(world.ask("UserRevokeRole", revoke_role) == "9 role is not granted to the user");
  revoke_permission.set_role("r");
  CHECK(world.ask("RoleRevokePermission", revoke_permission) == "9 permission is not granted to the role");
  CHECK(world.auth_revision() == 3);
}

TEST_CASE("users, roles and grants are shown in order, with full headers") {
  AuthWorld world;
  for (const char* name : {"b", "a", "C"}) {
    CHECK(world.user_add(name) == "OK");
    CHECK(world.role_add(name) == "OK");
    CHECK(world.grant_role("b", name) == "OK");
    CHECK(world.grant("b", name, std::string(1, '\0')) == "OK");
  }
  REQUIRE(world.ask("UserList", AuthUserListRequest()) == "OK");
  const auto users = world.said->message<AuthUserListResponse>(0);
  CHECK(joined(users.users()) == "C a b ");
  CHECK(users.header().cluster_id() == 0xc);
  CHECK(users.header().member_id() == 0xa);
  CHECK(users.header().revision() == 1);
  CHECK(users.header().raft_term() == 7);
  REQUIRE(world.ask("RoleList", AuthRoleListRequest()) == "OK");
  CHECK(joined(world.said->message<AuthRoleListResponse>(0).roles()) == "C a b ");
  REQUIRE(world.user_get("b") == "OK");
  CHECK(joined(world.said->message<AuthUserGetResponse>(0).roles()) == "C a b ");
  REQUIRE(world.role_get("b") == "OK");
  std::string keys;
  const auto role = world.said->message<AuthRoleGetResponse>(0);
  for (const auto& permission : role.perm()) keys += permission.key() + " ";
  CHECK(keys == "C a b ");
}

TEST_CASE("passwords are kept as hashes of their own making, whatever hash a client sends along") {
  AuthWorld world;
  AuthUserAddRequest add;
  add.set_name("u");
  add.set_password("secret");
  add.set_hashedpassword("forged");
  CHECK(world.ask("UserAdd", add) == "OK");
  CHECK(v3bridge::password_matches("secret", world.hash_of("u")));
  AuthUserChangePasswordRequest change;
  change.set_name("u");
  change.set_password("other");
  CHECK(world.ask("UserChangePassword", change) == "OK");
  CHECK(v3bridge::password_matches("other", world.hash_of("u")));
  CHECK(world.user_add("empty", "") == "OK");
  CHECK(v3bridge::password_matches("", world.hash_of("empty")));
  CHECK(world.user_add("none", "ignored", true) == "OK");
  CHECK(world.hash_of("none").empty());
}

TEST_CASE("RB-64: the log sees no password, neither as such nor as a hash of the client's making") {
  AuthWorld world;
  AuthUserAddRequest add;
  add.set_name("u");
  add.set_password("first secret");
  add.set_hashedpassword("forged");
  CHECK(world.ask("UserAdd", add) == "OK");
  AuthUserChangePasswordRequest change;
  change.set_name("u");
  change.set_password("second secret");
  change.set_hashedpassword("forged");
  for (const bool changes : {false, true}) {
    CAPTURE(changes);
    if (changes) CHECK(world.ask("UserChangePassword", change) == "OK");
    const std::string& proposed = world.engine.newest_proposal();
    CHECK(proposed.find(world.hash_of("u")) != std::string::npos);
    CHECK(proposed.find("secret") == std::string::npos);
    CHECK(proposed.find("forged") == std::string::npos);
  }
}

TEST_CASE("names and passwords have limits") {
  AuthWorld world;
  const std::string longest(256, 'n'), longer(257, 'n');
  CHECK(world.user_add(longest) == "OK");
  CHECK(world.user_add(longer) == "3 user name is longer than 256 bytes");
  CHECK(world.role_add(longest) == "OK");
  CHECK(world.role_add(longer) == "3 role name is longer than 256 bytes");
  CHECK(world.user_add("u", std::string(1024, 'p')) == "OK");
  const std::string bad = "3 password is longer than 1024 bytes or has a NUL byte";
  CHECK(world.user_add("v", std::string(1025, 'p')) == bad);
  CHECK(world.user_add("v", std::string("p\0q", 3)) == bad);
  AuthUserChangePasswordRequest change;
  change.set_name("u");
  change.set_password(std::string(1025, 'p'));
  CHECK(world.ask("UserChangePassword", change) == bad);
}

TEST_CASE("a permission must be given, and from 3.5 on mean some keys") {
  struct Case {
    const char* name;
    std::string key, range_end;
    bool means_keys;
  };
  const std::string zero(1, '\0');
  const std::vector<Case> cases = {
      {"a key", "k", "", true},
      {"a range", "k", "l", true},
      {"from a key on", "k", zero, true},
      {"everything", zero, zero, true},
      {"an empty range", "k", "k", false},
      {"backwards", "l", "k", false},
      {"no key", "", "", false},
      {"no key to the end", "", zero, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    AuthWorld world, older("3.4.23");
    world.role_add("r");
    older.role_add("r");
    CHECK(world.grant("r", c.key, c.range_end) == (c.means_keys ? "OK" : "3 invalid auth management"));
    CHECK(older.grant("r", c.key, c.range_end) == "OK");
  }
  for (const char* release : {"3.4.23", "3.5.21"}) {
    AuthWorld world(release);
    world.role_add("r");
    AuthRoleGrantPermissionRequest request;
    request.set_name("r");
    CHECK(world.ask("RoleGrantPermission", request) == "3 permission not given");
  }
}

TEST_CASE("authentication is off, and stays off") {
  AuthWorld world;
  AuthenticateRequest authenticate;
  authenticate.set_name("root");
  CHECK(world.ask("AuthDisable", AuthDisableRequest()) == "OK");
  CHECK(world.ask("Authenticate", authenticate) == "9 authentication is not enabled");
  CHECK(world.ask("AuthEnable", AuthEnableRequest()) == "9 root user does not exist");
  CHECK(world.user_add("root", "p") == "OK");
  CHECK(world.ask("AuthEnable", AuthEnableRequest()) == "9 root user does not have root role");
  CHECK(world.grant_role("root", "root") == "OK");
  CHECK(world.ask("AuthEnable", AuthEnableRequest()) == "12 authentication cannot be enabled on this server");
  CHECK(world.auth_revision() == 3);
}

TEST_CASE("AuthStatus came with 3.5") {
  CHECK(AuthWorld("3.5.0").methods.find("/etcdserverpb.Auth/AuthStatus"));
  CHECK_FALSE(AuthWorld("3.4.23").methods.find("/etcdserverpb.Auth/AuthStatus"));
}

TEST_CASE("nothing is said before the log has answered, and what it refuses is refused") {
  AuthWorld world;
  world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
  CHECK(world.user_add("u") == "14 request timed out");
  world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
  CHECK(world.ask("UserList", AuthUserListRequest()) == "14 request timed out");
  CHECK(world.user_get("u") == "9 user name not found");
}

}  // namespace
}  // namespace viaduct::v3
