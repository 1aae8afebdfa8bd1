#include "server/discovery.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "server/config_cluster.h"
#include "server/discovery_directory.h"

namespace viaduct::server {
namespace {

constexpr unsigned kMostDoublings = 8;  // a pause is 256 s at most

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

class Discovery {
 public:
  Discovery(const std::string& url, MemberId self, const Outside& outside)
      : url_(url), self_(to_hex(self.value)), outside_(outside), directory_(url, outside.ask_discovery) {}

  Result<InitialCluster> join(const std::string& value) {
    VIADUCT_TRY(check_cluster());
    VIADUCT_TRY(register_self(value));
    VIADUCT_TRY(wait_for_all());
    return initial_cluster();
  }

 private:
  using Done = DiscoveryDirectory::Done;

  bool is_registered() const { return position() < members_.size(); }
  size_t position() const {
    return static_cast<size_t>(
        std::find_if(members_.begin(), members_.end(), [&](const Registration& m) { return m.id == self_; }) -
        members_.begin());
  }

  // Asks until there is an answer. A pause is 2 s, doubled each time.
  template <typename T, typename Request>
  Result<T> persist(const char* step, const Request& request) {
    for (;;) {
      DiscoveryDirectory::Answer<T> answer = request();
      if (T* const value = std::get_if<T>(&answer)) return std::move(*value);
      if (Error* const error = std::get_if<Error>(&answer)) return std::move(*error);
      log::error("discovery: error #0: " + std::get<DiscoveryDirectory::Unreachable>(answer).why);
      pause(step);
    }
  }

  void pause(const char* step) {
    doublings_ = std::min(doublings_ + 1, kMostDoublings);
    const std::chrono::seconds time(1 << doublings_);
    log::info("discovery: " + std::string(step) + ": error connecting to " + url_ + ", retrying in " +
              std::to_string(time.count()) + "s");
    outside_.pause(time);
  }

  // How many are wanted, and who is there; full when there is no room for this member any more.
  Result<void> check_cluster() {
    const char* const step = "cluster status check";
    VIADUCT_TRY_ASSIGN(size, persist<uint64_t>(step, [&] { return directory_.size(); }));
    VIADUCT_TRY_ASSIGN(found, persist<Registrations>(step, [&] { return directory_.list(); }));
    size_ = size;
    index_ = found.index;
    members_ = std::move(found.members);
    if (members_.size() >= size_ && position() >= size_)
      return Error{Code::kAlreadyExists, "discovery: cluster is full"};
    return {};
  }

  // A registration whose answer was lost is this member's own: before it, the id was not there.
  Result<void> register_self(const std::string& value) {
    if (is_registered()) return invalid(std::string(kDiscoveryDuplicateId));
    for (;;) {
      const DiscoveryDirectory::Answer<Done> answer = directory_.add(self_, value);
      if (std::holds_alternative<Done>(answer)) return check_cluster();
      if (const Error* const error = std::get_if<Error>(&answer)) {
        return error->code == Code::kAlreadyExists ? invalid(std::string(kDiscoveryDuplicateId)) : *error;
      }
      log::error("discovery: error #0: " + std::get<DiscoveryDirectory::Unreachable>(answer).why);
      pause("registration");
      VIADUCT_TRY(check_cluster());
      if (is_registered() && members_[position()].value == value) return {};
    }
  }

  Result<void> wait_for_all() {
    for (const Registration& member : members_) found(member);
    while (members_.size() < size_) {
      log::info("discovery: found " + std::to_string(members_.size()) + " peer(s), waiting for " +
                std::to_string(size_ - members_.size()) + " more");
      VIADUCT_TRY(persist<Done>("waiting for other nodes", [&] { return directory_.wait_behind(index_); }));
      const std::vector<Registration> before = members_;
      VIADUCT_TRY(check_cluster());
      for (const Registration& member : members_) {
        if (std::none_of(before.begin(), before.end(), [&](const auto& b) { return b.id == member.id; })) found(member);
      }
    }
    members_.resize(size_);
    log::info("discovery: found " + std::to_string(size_) + " needed peer(s)");
    return {};
  }

  void found(const Registration& member) const {
    log::info(std::string("discovery: found ") + (member.id == self_ ? "self " : "peer ") + member.id +
              " in the cluster");
  }

  Result<InitialCluster> initial_cluster() const {
    std::string text;
    for (const Registration& member : members_) text += (text.empty() ? "" : ",") + member.value;
    auto cluster = parse_initial_cluster(text);
    if (!cluster) return invalid("discovery: invalid URL");
    std::set<std::string> names;
    for (const auto& [name, member_url] : *cluster) names.insert(name);
    if (names.size() != size_) return invalid(std::string(kDiscoveryDuplicateName));
    return cluster;
  }

  const std::string& url_;
  const std::string self_;
  const Outside& outside_;
  const DiscoveryDirectory directory_;
  uint64_t size_ = 0;
  uint64_t index_ = 0;
  std::vector<Registration> members_;  // by registration
  unsigned doublings_ = 0;
};

}  // namespace

Result<InitialCluster> discover(const std::string& url, MemberId self, const std::string& value,
                                const Outside& outside) {
  return Discovery(url, self, outside).join(value);
}

}  // namespace viaduct::server
