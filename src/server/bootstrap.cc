#include "server/bootstrap.h"

#include "server/new_member.h"

namespace viaduct::server {
namespace {

Result<Identity> new_identity(const Config& config, const ResolveHost& resolve) {
  if (config.initial_cluster_existing) {
    return Error{Code::kInvalidArgument, "--initial-cluster-state=existing: joining a cluster is not supported yet"};
  }
  VIADUCT_TRY(check_new_member(config, resolve));
  return founder(config.initial_cluster, config.name, config.initial_cluster_token);
}

}  // namespace

Result<Identity> bootstrap(const Config& config, DataDirectory& directory, const ResolveHost& resolve) {
  if (directory.identity()) return *directory.identity();
  VIADUCT_TRY_ASSIGN(identity, new_identity(config, resolve));
  VIADUCT_TRY(directory.set_identity(identity));
  return identity;
}

}  // namespace viaduct::server
