#include "server/bootstrap.h"

#include <signal.h>

#include <algorithm>

#include "base/log.h"
#include "server/discovery.h"
#include "server/flags_text.h"
#include "server/join.h"
#include "server/join_by_peers.h"
#include "server/new_member.h"
#include "server/srv.h"

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kBootstrapTimeout{1};

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// A member that another one knows by this id and with client addresses has lost its data, or another runs in its place:
// under the same id it would vote a second time (operations.md 2.5, RB-38).
Result<void> refuse_bootstrapped(const Config& config, const Identity& self, const Outside& outside) {
  std::vector<std::string> others;
  for (const auto& [name, url] : config.initial_cluster) {
    if (name != config.name) others.push_back(url.text);
  }
  const auto cluster = ask_for_cluster(others, kBootstrapTimeout, false, outside.ask_member);
  if (!cluster) return {};
  const bool known = std::any_of(cluster->members.begin(), cluster->members.end(), [&](const v3bridge::Member& member) {
    return member.id == self.member && !member.client_urls.empty();
  });
  if (!known) return {};
  return invalid("member " + to_hex(self.member.value) + " has already been bootstrapped");
}

// Flags that were left at their defaults are what most often makes a cluster and a member not fit.
void hint_at_defaults(const Config& config) {
  const bool alone = std::all_of(config.initial_cluster.begin(), config.initial_cluster.end(),
                                 [&](const auto& member) { return member.first == config.name; });
  const bool unset = alone && urls_of(config.initial_cluster, config.name) == config.initial_advertise_peer_urls;
  if (unset)
    log::warn("forgot to set --initial-cluster flag?",
              {{"initial-cluster", initial_cluster_text(config.initial_cluster)}});
  if (join_urls(config.initial_advertise_peer_urls) == "http://localhost:2380") {
    log::warn("forgot to set --initial-advertise-peer-urls flag?",
              {{"initial-advertise-peer-urls", "http://localhost:2380"}});
  }
  if (unset && config.discovery.empty())
    log::warn("if you want to use discovery service, please set --discovery flag.");
}

Result<Identity> found_static(const Config& config, const std::string& token, const Outside& outside) {
  if (auto checked = check_new_member(config, outside.resolve); !checked) {
    hint_at_defaults(config);
    return checked.error();
  }
  VIADUCT_TRY_ASSIGN(identity, founder(config.initial_cluster, config.name, token));
  VIADUCT_TRY(refuse_bootstrapped(config, identity, outside));
  return identity;
}

// What an operator can do about it, in etcd's words.
void explain(const Config& config, const std::string& problem) {
  const std::string& token = config.discovery;
  if (problem == kDiscoveryDuplicateId) {
    log::error("member " + quote(config.name) + " has previously registered with discovery service token (" + token +
               ").");
    log::error("But etcd could not find valid cluster configuration in the given data dir (" + config.data_dir + ").");
    log::info("Please check the given data dir path if the previous bootstrap succeeded");
    log::info("or use a new discovery token if the previous bootstrap failed.");
  } else if (problem == kDiscoveryDuplicateName) {
    log::error("member with duplicated name has registered with discovery service token(" + token + ").");
    log::error("please check (cURL) the discovery token for more information.");
    log::error("please do not reuse the discovery token and generate a new one to bootstrap the cluster.");
  } else {
    log::error("discovery token " + token + " was used, but failed to bootstrap the cluster.");
    log::error("please generate a new discovery token and try to bootstrap again.");
  }
}

Result<Identity> found_by_discovery(const Config& config, const Outside& outside) {
  VIADUCT_TRY_ASSIGN(self, founder(config.initial_cluster, config.name, config.discovery));
  Config discovered = config;
  auto cluster = discover(config.discovery, self.member, initial_cluster_text(config.initial_cluster), outside);
  if (cluster) {
    discovered.initial_cluster = *std::move(cluster);
    return found_static(discovered, config.discovery, outside);
  }
  const std::string& problem = cluster.error().message;
  if (cluster.error().code == Code::kAlreadyExists && config.discovery_fallback_proxy) {
    log::info("discovery cluster full, falling back to proxy");
    log::error("to be a proxy is not supported yet; --discovery-fallback=exit says that this member shall leave");
  } else {
    explain(config, problem);
  }
  return Error{cluster.error().code, "failed to join discovery cluster (" + problem + ")"};
}

Result<Identity> new_identity(const Config& given, const Outside& outside) {
  Config config = given;
  if (!config.discovery_srv.empty()) {
    VIADUCT_TRY_ASSIGN(cluster, cluster_by_srv(config, outside));
    config.initial_cluster = std::move(cluster);
  }
  if (config.initial_cluster_existing) {
    if (!config.discovery.empty())
      return invalid("discovery URL should not be set when joining existing initial cluster");
    return join_cluster(config, outside);
  }
  if (!config.join_peers.empty()) return join_by_peers(config, outside);
  if (!config.discovery.empty()) return found_by_discovery(config, outside);
  return found_static(config, config.initial_cluster_token, outside);
}

// A member that exists goes on as what it is, whatever its flags say of a cluster to found.
void tell_of_restart(const Config& config, const DataDirectory& directory) {
  log::info("the server is already initialized as member before, starting as etcd member...");
  if (config.discovery.empty() && config.discovery_srv.empty()) return;
  log::warn("discovery token ignored since a cluster has already been initialized. Valid log found at " +
            quote(directory.wal_path()));
}

// While others are waited for, the signals to stop do what they do by default: nothing is there yet to end with care.
class Interruptible {
 public:
  Interruptible() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &stop, &before_);
  }
  ~Interruptible() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<Identity> bootstrap(const Config& config, DataDirectory& directory, const Outside& outside) {
  if (directory.identity()) {
    tell_of_restart(config, directory);
    return *directory.identity();
  }
  const Interruptible interruptible;
  VIADUCT_TRY_ASSIGN(identity, new_identity(config, outside));
  VIADUCT_TRY(directory.set_identity(identity));
  return identity;
}

}  // namespace viaduct::server
