// Users, roles and what they may do: one replicated table for both auth APIs (D6). Here are the names and bytes of its
// rows, the command that changes it, and the reading of it.
//   row := "auth_revision"   -> decimal
//        | "user/" name      -> authpb.User     roles ascending
//        | "role/" name      -> authpb.Role     permissions ascending by key, then range_end; one for each such pair
// Every effective change raises the auth revision by one (v3-api.md 2.10).
// Threads: apply_auth_change() on the apply thread, inside a group and outside a transaction; the rest any thread. All
//          take the ReadLock they need themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authpb/auth.pb.h"
#include "store/store.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class AuthChange;
}

namespace viaduct::v3bridge {

inline constexpr std::string_view kRootUser = "root";
inline constexpr std::string_view kRootRole = "root";  // can be granted without a row of its own

// The command is validated: names are not empty, a permission is there.
// Errors: kUserExists, kUserNotFound, kRoleExists, kRoleNotFound, kRoleNotGranted, kPermissionNotGranted.
V3Result apply_auth_change(store::Store& store, const AuthChange& command);

uint64_t auth_revision(const store::Store& store);  // 1 before the first change
std::optional<authpb::User> find_user(const store::Store& store, std::string_view name);
std::optional<authpb::Role> find_role(const store::Store& store, std::string_view name);
std::vector<std::string> user_names(const store::Store& store);  // ascending
std::vector<std::string> role_names(const store::Store& store);

}  // namespace viaduct::v3bridge
