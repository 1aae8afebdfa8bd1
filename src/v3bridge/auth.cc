#include "v3bridge/auth.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "v3bridge/rows.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using authpb::Permission;
using authpb::Role;
using authpb::User;
using store::Store;

constexpr std::string_view kRevisionRow = "auth_revision";
constexpr std::string_view kUserRows = "user/";
constexpr std::string_view kRoleRows = "role/";

std::string row_name(std::string_view table, std::string_view name) { return std::string(table).append(name); }

template <typename Message>
std::optional<Message> find(const Store& store, std::string_view table, std::string_view name) {
  const std::string row = row_name(table, name);
  std::optional<std::string> value;
  {
    const Store::ReadLock lock(store);
    value = store.row(row);
  }
  if (!value) return std::nullopt;
  return parse_row<Message>(row, *value);
}

std::vector<std::string> names(const Store& store, std::string_view table) {
  std::vector<std::string> names;
  for (const auto& row : rows(store, table)) names.push_back(row.first.substr(table.size()));
  return names;
}

void put(Store& store, const User& user) { store.put_row(row_name(kUserRows, user.name()), user.SerializeAsString()); }
void put(Store& store, const Role& role) { store.put_row(row_name(kRoleRows, role.name()), role.SerializeAsString()); }

// --- changes: each says why not, or makes the change, or finds that nothing is to be done ---

enum class Effect { kChanged, kNone };
using Change = std::variant<Effect, V3Error>;

Change apply(Store& store, const etcdserverpb::AuthUserAddRequest& request) {
  if (find_user(store, request.name())) return V3Error::kUserExists;
  User user;
  user.set_name(request.name());
  *user.mutable_options() = request.options();
  if (!request.options().no_password()) user.set_password(request.hashedpassword());
  put(store, user);
  return Effect::kChanged;
}

Change apply(Store& store, const etcdserverpb::AuthUserDeleteRequest& request) {
  if (!find_user(store, request.name())) return V3Error::kUserNotFound;
  store.delete_row(row_name(kUserRows, request.name()));
  return Effect::kChanged;
}

// A user without a password stays one.
Change apply(Store& store, const etcdserverpb::AuthUserChangePasswordRequest& request) {
  std::optional<User> user = find_user(store, request.name());
  if (!user) return V3Error::kUserNotFound;
  if (!user->options().no_password()) user->set_password(request.hashedpassword());
  put(store, *user);
  return Effect::kChanged;
}

Change apply(Store& store, const etcdserverpb::AuthUserGrantRoleRequest& request) {
  std::optional<User> user = find_user(store, request.user());
  if (!user) return V3Error::kUserNotFound;
  if (request.role() != kRootRole && !find_role(store, request.role())) return V3Error::kRoleNotFound;
  auto& roles = *user->mutable_roles();
  if (std::find(roles.begin(), roles.end(), request.role()) != roles.end()) return Effect::kNone;
  *roles.Add() = request.role();
  std::sort(roles.begin(), roles.end());
  put(store, *user);
  return Effect::kChanged;
}

bool take_role(User& user, const std::string& role) {
  auto& roles = *user.mutable_roles();
  const auto found = std::find(roles.begin(), roles.end(), role);
  if (found == roles.end()) return false;
  roles.erase(found);
  return true;
}

Change apply(Store& store, const etcdserverpb::AuthUserRevokeRoleRequest& request) {
  std::optional<User> user = find_user(store, request.name());
  if (!user) return V3Error::kUserNotFound;
  if (!take_role(*user, request.role())) return V3Error::kRoleNotGranted;
  put(store, *user);
  return Effect::kChanged;
}

Change apply(Store& store, const etcdserverpb::AuthRoleAddRequest& request) {
  if (find_role(store, request.name())) return V3Error::kRoleExists;
  Role role;
  role.set_name(request.name());
  put(store, role);
  return Effect::kChanged;
}

Change apply(Store& store, const etcdserverpb::AuthRoleDeleteRequest& request) {
  if (!find_role(store, request.role())) return V3Error::kRoleNotFound;
  store.delete_row(row_name(kRoleRows, request.role()));
  for (const auto& [name, value] : rows(store, kUserRows)) {
    User user = parse_row<User>(name, value);
    if (take_role(user, request.role())) put(store, user);
  }
  return Effect::kChanged;
}

auto find(Role& role, const std::string& key, const std::string& range_end) {
  auto& permissions = *role.mutable_keypermission();
  return std::find_if(permissions.begin(), permissions.end(), [&](const Permission& permission) {
    return permission.key() == key && permission.range_end() == range_end;
  });
}

Change apply(Store& store, const etcdserverpb::AuthRoleGrantPermissionRequest& request) {
  std::optional<Role> role = find_role(store, request.name());
  if (!role) return V3Error::kRoleNotFound;
  auto& permissions = *role->mutable_keypermission();
  const auto held = find(*role, request.perm().key(), request.perm().range_end());
  (held == permissions.end() ? *permissions.Add() : *held) = request.perm();
  std::sort(permissions.begin(), permissions.end(), [](const Permission& a, const Permission& b) {
    return std::tie(a.key(), a.range_end()) < std::tie(b.key(), b.range_end());
  });
  put(store, *role);
  return Effect::kChanged;
}

Change apply(Store& store, const etcdserverpb::AuthRoleRevokePermissionRequest& request) {
  std::optional<Role> role = find_role(store, request.role());
  if (!role) return V3Error::kRoleNotFound;
  const auto held = find(*role, request.key(), request.range_end());
  if (held == role->keypermission().end()) return V3Error::kPermissionNotGranted;
  role->mutable_keypermission()->erase(held);
  put(store, *role);
  return Effect::kChanged;
}

Change apply(Store& store, const AuthChange& command) {
  switch (command.change_case()) {
    case AuthChange::kUserAdd:
      return apply(store, command.user_add());
    case AuthChange::kUserDelete:
      return apply(store, command.user_delete());
    case AuthChange::kUserChangePassword:
      return apply(store, command.user_change_password());
    case AuthChange::kUserGrantRole:
      return apply(store, command.user_grant_role());
    case AuthChange::kUserRevokeRole:
      return apply(store, command.user_revoke_role());
    case AuthChange::kRoleAdd:
      return apply(store, command.role_add());
    case AuthChange::kRoleDelete:
      return apply(store, command.role_delete());
    case AuthChange::kRoleGrantPermission:
      return apply(store, command.role_grant_permission());
    case AuthChange::kRoleRevokePermission:
      return apply(store, command.role_revoke_permission());
    case AuthChange::CHANGE_NOT_SET:
      break;
  }
  return Effect::kNone;
}

}  // namespace

V3Result apply_auth_change(Store& store, const AuthChange& command) {
  const Change change = apply(store, command);
  V3Result result;
  if (const V3Error* error = std::get_if<V3Error>(&change))
    result.error = *error;
  else if (std::get<Effect>(change) == Effect::kChanged)
    store.put_row(kRevisionRow, std::to_string(auth_revision(store) + 1));
  return result;
}

uint64_t auth_revision(const Store& store) {
  const Store::ReadLock lock(store);
  const std::optional<std::string> row = store.row(kRevisionRow);
  return row ? std::stoull(*row) : 1;
}

std::optional<User> find_user(const Store& store, std::string_view name) { return find<User>(store, kUserRows, name); }
std::optional<Role> find_role(const Store& store, std::string_view name) { return find<Role>(store, kRoleRows, name); }
std::vector<std::string> user_names(const Store& store) { return names(store, kUserRows); }
std::vector<std::string> role_names(const Store& store) { return names(store, kRoleRows); }

}  // namespace viaduct::v3bridge
