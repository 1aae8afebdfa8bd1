#include "server/srv.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "server/config_cluster.h"
#include "server/flags_text.h"

namespace viaduct::server {
namespace {

struct Kind {
  const char* service;
  Scheme scheme;
};
constexpr Kind kKinds[] = {{"etcd-server-ssl", Scheme::kHttps}, {"etcd-server", Scheme::kHttp}};

Error setup_error(const std::string& why) { return {Code::kInvalidArgument, "error setting up DNS discovery: " + why}; }

using Address = std::pair<std::string, uint16_t>;  // resolved

class SrvCluster {
 public:
  SrvCluster(const Config& config, const Outside& outside) : config_(config), outside_(outside) {}

  Result<InitialCluster> find() {
    VIADUCT_TRY(resolve_own());
    std::string problem;
    for (const Kind& kind : kKinds) {
      if (const Result<void> added = add(kind); !added) {
        problem += (problem.empty() ? "" : ", ") + added.error().message;
      }
    }
    if (cluster_.empty()) return setup_error(problem);
    const bool has_self =
        std::any_of(cluster_.begin(), cluster_.end(), [&](const auto& member) { return member.first == config_.name; });
    if (!has_self) return setup_error("cannot find local etcd member " + quote(config_.name) + " in SRV records");
    std::sort(cluster_.begin(), cluster_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second.text) < std::tie(b.first, b.second.text);
    });
    return cluster_;
  }

 private:
  Result<void> resolve_own() {
    for (const Url& url : config_.initial_advertise_peer_urls) {
      const auto address = outside_.resolve(url.host);
      if (!address) return setup_error(address.error().message);
      own_[{*address, url.port}] = url;
    }
    return {};
  }

  // A record that cannot be used is passed over, if there are others.
  Result<void> add(const Kind& kind) {
    const std::string& suffix = config_.discovery_srv_name;
    const std::string service = kind.service + (suffix.empty() ? "" : "-" + suffix);
    const auto failed = [&](const std::string& why) {
      return Error{Code::kUnavailable, "error querying DNS SRV records for _" + service + " " + why};
    };
    const auto records = outside_.look_up_service("_" + service + "._tcp." + config_.discovery_srv);
    if (!records) return failed(records.error().message);
    const size_t before = cluster_.size();
    std::string problem = "no usable record";
    for (const SrvRecord& record : *records) {
      if (const Result<void> added = add(kind, service, record); !added) problem = added.error().message;
    }
    if (cluster_.size() == before) return failed(problem);
    return {};
  }

  Result<void> add(const Kind& kind, const std::string& service, const SrvRecord& record) {
    VIADUCT_TRY_ASSIGN(address, outside_.resolve(record.target));
    Url like;
    like.scheme = kind.scheme;
    const Url url = with_host(like, record.target, record.port);
    const auto own = own_.find(Address{address, record.port});
    if (own != own_.end() && own->second.scheme != kind.scheme) {
      return Error{Code::kInvalidArgument, "bootstrap at " + url.text + " from DNS for " + service +
                                               " has scheme mismatch with expected peer " + own->second.text};
    }
    log::info("got bootstrap from DNS for etcd-server at " + url.text);
    cluster_.emplace_back(own != own_.end() ? config_.name : std::to_string(next_number_++), url);
    return {};
  }

  const Config& config_;
  const Outside& outside_;
  std::map<Address, Url> own_;
  InitialCluster cluster_;
  unsigned next_number_ = 0;
};

}  // namespace

Result<InitialCluster> cluster_by_srv(const Config& config, const Outside& outside) {
  return SrvCluster(config, outside).find();
}

}  // namespace viaduct::server
