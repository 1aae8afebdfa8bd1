// /v2/members (v2-api.md 3.1): the membership as v2 shows it, and its changes. A change is checked for what it says
// here, by the leader for the quorum, and for the rest where it is applied.
// Threads: serve() on any loop; completions come back to the loop they left from.
// Ownership: borrows the engine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

class Members final : public Endpoint {
 public:
  struct Rules {
    std::function<Result<void>(const std::string& url)> check_url;  // of a peer URL, with etcd's text
    // The id of a member that is added now, with these peer URLs.
    std::function<MemberId(const std::vector<std::string>& peer_urls)> make_id;
  };

  Members(v3bridge::Engine& engine, Rules rules) : engine_(engine), rules_(std::move(rules)) {}
  void serve(Exchange&& exchange) override;

 private:
  class ChangeDone;
  void get(Exchange& exchange);
  void add(Exchange&& exchange);
  void change(Exchange&& exchange);
  Result<std::vector<std::string>> peer_urls_in(const Exchange& exchange) const;

  v3bridge::Engine& engine_;
  const Rules rules_;
};

}  // namespace viaduct::v2
