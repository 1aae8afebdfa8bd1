#include "v3/auth.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/auth.h"
#include "v3bridge/password.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

using namespace etcdserverpb;  // thirty-odd messages of one service
using CallPtr = std::unique_ptr<Call>;

constexpr size_t kMaxNameBytes = 256;
constexpr KnownError kUserNameTooLong{StatusCode::kInvalidArgument, "etcdserver: user name is longer than 256 bytes"};
constexpr KnownError kRoleNameTooLong{StatusCode::kInvalidArgument, "etcdserver: role name is longer than 256 bytes"};
constexpr KnownError kBadPassword{StatusCode::kInvalidArgument,
                                  "etcdserver: password is longer than 1024 bytes or has a NUL byte"};
constexpr KnownError kCannotEnable{StatusCode::kUnimplemented,
                                   "etcdserver: authentication cannot be enabled on this server"};

Status check_new_name(const std::string& name, const KnownError& empty, const KnownError& too_long) {
  if (name.empty()) return empty;
  if (name.size() > kMaxNameBytes) return too_long;
  return {};
}

// A key, and no range_end, or the open one, or one behind the key.
bool is_permission_range(const authpb::Permission& permission) {
  const std::string& end = permission.range_end();
  if (permission.key().empty()) return false;
  return end.empty() || end == std::string(1, '\0') || end > permission.key();
}

class Auth {
 public:
  Auth(v3bridge::Engine& engine, const ServiceOptions& options, int bcrypt_cost)
      : engine_(engine), options_(options), hasher_(engine.readers(), bcrypt_cost) {}

  // --- the switch, which is off ---

  void enable(CallPtr call, AuthEnableRequest&) {
    read<AuthEnableResponse>(std::move(call), [this](AuthEnableResponse&) -> Status {
      const auto root = v3bridge::find_user(engine_.store(), v3bridge::kRootUser);
      if (!root) return kRootUserNotFound;
      if (!std::count(root->roles().begin(), root->roles().end(), v3bridge::kRootRole)) return kRootRoleNotGranted;
      return kCannotEnable;
    });
  }
  void disable(CallPtr call, AuthDisableRequest&) {
    read<AuthDisableResponse>(std::move(call), [](AuthDisableResponse&) { return Status(); });
  }
  void status(CallPtr call, AuthStatusRequest&) {
    read<AuthStatusResponse>(std::move(call), [this](AuthStatusResponse& response) {
      response.set_authrevision(v3bridge::auth_revision(engine_.store()));
      return Status();
    });
  }
  void authenticate(CallPtr call, AuthenticateRequest&) {
    when_current(engine_, std::move(call), [](CallPtr current) { current->fail(kAuthNotEnabled); });
  }

  // --- users ---

  void user_add(CallPtr call, AuthUserAddRequest& request) {
    if (!admit(call, check_new_name(request.name(), kUserEmpty, kUserNameTooLong))) return;
    if (request.options().no_password()) {
      request.clear_password();
      request.clear_hashedpassword();
      Command command;
      *command.mutable_auth_change()->mutable_user_add() = std::move(request);
      return change<AuthUserAddResponse>(std::move(call), std::move(command));
    }
    with_hash<AuthUserAddResponse>(std::move(call), request, &AuthChange::mutable_user_add);
  }
  void user_change_password(CallPtr call, AuthUserChangePasswordRequest& request) {
    if (!admit(call, {})) return;
    with_hash<AuthUserChangePasswordResponse>(std::move(call), request, &AuthChange::mutable_user_change_password);
  }
  void user_get(CallPtr call, AuthUserGetRequest& request) {
    read<AuthUserGetResponse>(std::move(call), [this, name = request.name()](AuthUserGetResponse& response) -> Status {
      auto user = v3bridge::find_user(engine_.store(), name);
      if (!user) return kUserNotFound;
      response.mutable_roles()->Swap(user->mutable_roles());
      return {};
    });
  }
  void user_list(CallPtr call, AuthUserListRequest&) {
    read<AuthUserListResponse>(std::move(call), [this](AuthUserListResponse& response) {
      for (std::string& name : v3bridge::user_names(engine_.store())) response.add_users(std::move(name));
      return Status();
    });
  }

  // --- roles ---

  void role_add(CallPtr call, AuthRoleAddRequest& request) {
    if (!admit(call, check_new_name(request.name(), kRoleEmpty, kRoleNameTooLong))) return;
    Command command;
    *command.mutable_auth_change()->mutable_role_add() = std::move(request);
    change<AuthRoleAddResponse>(std::move(call), std::move(command));
  }
  void role_get(CallPtr call, AuthRoleGetRequest& request) {
    read<AuthRoleGetResponse>(std::move(call), [this, name = request.role()](AuthRoleGetResponse& response) -> Status {
      auto role = v3bridge::find_role(engine_.store(), name);
      if (!role) return kRoleNotFound;
      response.mutable_perm()->Swap(role->mutable_keypermission());
      return {};
    });
  }
  void role_list(CallPtr call, AuthRoleListRequest&) {
    read<AuthRoleListResponse>(std::move(call), [this](AuthRoleListResponse& response) {
      for (std::string& name : v3bridge::role_names(engine_.store())) response.add_roles(std::move(name));
      return Status();
    });
  }
  void role_grant_permission(CallPtr call, AuthRoleGrantPermissionRequest& request) {
    if (!admit(call, check_permission(request))) return;
    Command command;
    *command.mutable_auth_change()->mutable_role_grant_permission() = std::move(request);
    change<AuthRoleGrantPermissionResponse>(std::move(call), std::move(command));
  }

  // --- what needs no check before the log ---

  template <typename Request, typename Response>
  void plain(CallPtr call, Request& request, Request* (AuthChange::*body)()) {
    if (!admit(call, {})) return;
    Command command;
    *(command.mutable_auth_change()->*body)() = std::move(request);
    change<Response>(std::move(call), std::move(command));
  }

 private:
  // A token that cannot be right comes before all that is said of the request itself.
  static bool admit(const CallPtr& call, const Status& checked) {
    if (shows_token(call->metadata()))
      call->fail(kInvalidAuthToken);
    else if (!checked.ok())
      call->fail(checked);
    else
      return true;
    return false;
  }

  Status check_permission(const AuthRoleGrantPermissionRequest& request) const {
    if (!request.has_perm()) return kPermissionNotGiven;
    if (options_.release.checks_permission_ranges() && !is_permission_range(request.perm()))
      return kInvalidAuthManagement;
    return {};
  }

  // Answers with what `fill` makes of the state once all that was acknowledged before is in it.
  template <typename Response, typename Fill>
  void read(CallPtr call, Fill fill) {
    if (!admit(call, {})) return;
    when_current(engine_, std::move(call), [this, fill](CallPtr current) {
      Response response;
      fill_header(engine_, current_numbers(engine_.store()).revision, *response.mutable_header());
      Status status = fill(response);
      status.ok() ? current->reply(response) : current->fail(std::move(status));
    });
  }

  template <typename Response>
  void change(CallPtr call, Command&& command) {
    const size_t bytes = command.auth_change().ByteSizeLong();
    propose(engine_, options_, std::move(call), bytes, std::move(command),
            [this](CallPtr done, const v3bridge::Outcome& outcome) {
              Response response;
              fill_header(engine_, outcome.revision, *response.mutable_header());
              done->reply(response);
            });
  }

  // The request with the hash of its password instead of it.
  template <typename Response, typename Request>
  void with_hash(CallPtr call, Request& request, Request* (AuthChange::*body)()) {
    if (!v3bridge::is_possible_password(request.password())) return call->fail(kBadPassword);
    std::string password = std::move(*request.mutable_password());
    request.clear_password();
    if (!hasher_.has_room()) return call->fail(kTooManyRequests);
    net::Loop& loop = call->loop();
    hasher_.hash(std::move(password), loop,
                 [this, body, call = std::move(call), request = std::move(request)](std::string hash) mutable {
                   request.set_hashedpassword(std::move(hash));
                   Command command;
                   *(command.mutable_auth_change()->*body)() = std::move(request);
                   change<Response>(std::move(call), std::move(command));
                 });
  }

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  v3bridge::PasswordHasher hasher_;
};

// Hands calls of one method to a member function of the service; they share it, and it goes with the last of them.
struct Registry {
  Methods& methods;
  const std::shared_ptr<Auth> auth;

  template <typename Response, typename Request>
  void add(const char* name, const char* route, void (Auth::*answer)(CallPtr, Request&)) const {
    methods.add_unary<Request, Response>(
        std::string("/etcdserverpb.Auth/") + name, {std::string("/auth") + route},
        [auth = auth, answer](CallPtr call, Request& request) { ((*auth).*answer)(std::move(call), request); });
  }
  template <typename Response, typename Request>
  void add_plain(const char* name, const char* route, Request* (AuthChange::*body)()) const {
    methods.add_unary<Request, Response>(std::string("/etcdserverpb.Auth/") + name, {std::string("/auth") + route},
                                         [auth = auth, body](CallPtr call, Request& request) {
                                           auth->plain<Request, Response>(std::move(call), request, body);
                                         });
  }
};

}  // namespace

void add_auth_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, int bcrypt_cost) {
  const Registry auth{methods, std::make_shared<Auth>(engine, options, bcrypt_cost)};
  auth.add<AuthEnableResponse>("AuthEnable", "/enable", &Auth::enable);
  auth.add<AuthDisableResponse>("AuthDisable", "/disable", &Auth::disable);
  if (options.release.has_auth_status()) auth.add<AuthStatusResponse>("AuthStatus", "/status", &Auth::status);
  auth.add<AuthenticateResponse>("Authenticate", "/authenticate", &Auth::authenticate);

  auth.add<AuthUserAddResponse>("UserAdd", "/user/add", &Auth::user_add);
  auth.add<AuthUserGetResponse>("UserGet", "/user/get", &Auth::user_get);
  auth.add<AuthUserListResponse>("UserList", "/user/list", &Auth::user_list);
  auth.add_plain<AuthUserDeleteResponse>("UserDelete", "/user/delete", &AuthChange::mutable_user_delete);
  auth.add<AuthUserChangePasswordResponse>("UserChangePassword", "/user/changepw", &Auth::user_change_password);
  auth.add_plain<AuthUserGrantRoleResponse>("UserGrantRole", "/user/grant", &AuthChange::mutable_user_grant_role);
  auth.add_plain<AuthUserRevokeRoleResponse>("UserRevokeRole", "/user/revoke", &AuthChange::mutable_user_revoke_role);

  auth.add<AuthRoleAddResponse>("RoleAdd", "/role/add", &Auth::role_add);
  auth.add<AuthRoleGetResponse>("RoleGet", "/role/get", &Auth::role_get);
  auth.add<AuthRoleListResponse>("RoleList", "/role/list", &Auth::role_list);
  auth.add_plain<AuthRoleDeleteResponse>("RoleDelete", "/role/delete", &AuthChange::mutable_role_delete);
  auth.add<AuthRoleGrantPermissionResponse>("RoleGrantPermission", "/role/grant", &Auth::role_grant_permission);
  auth.add_plain<AuthRoleRevokePermissionResponse>("RoleRevokePermission", "/role/revoke",
                                                   &AuthChange::mutable_role_revoke_permission);
}

}  // namespace viaduct::v3
