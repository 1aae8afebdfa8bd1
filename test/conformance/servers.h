// The servers that a scenario is played against: one, or the members of a cluster. Those are called infra1, infra2, ...
// in the order of their ids, so that both sides list them in one order, and infra1 leads when a case begins.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "test/conformance/server.h"

namespace viaduct::conformance {

// Ownership: owns the servers. Threads: one at a time.
class Servers {
 public:
  using Names = std::vector<std::pair<std::string, std::string>>;

  // Returns once all of them serve.
  static Result<std::unique_ptr<Servers>> start(const ServerProgram& program, const std::vector<std::string>& flags,
                                                int members);

  // All serve, and infra1 leads and is the current one.
  Result<void> make_ready();
  Server& current() const { return *members_[current_]; }
  bool turn_to(const std::string& name);  // false: there is no such member
  void kill(const std::vector<std::string>& names);
  Result<void> start(const std::vector<std::string>& names);  // returns once they serve

  const std::vector<std::unique_ptr<Server>>& all() const { return members_; }
  Names other_addresses() const;                       // of all but the current one, and what reports call them
  Names other_names() const;                           // the same with their ids
  const std::string& spare() const { return spare_; }  // host:port where nobody is

 private:
  Servers() = default;
  Server* named(const std::string& name) const;
  Result<void> lead_with_first();

  std::vector<std::unique_ptr<Server>> members_;
  size_t current_ = 0;
  std::string spare_;
};

}  // namespace viaduct::conformance
