// /v2/members (v2-api.md 3.1). Reading is complete; changes are checked as etcd checks them and then refused, because
// this version runs clusters of one member.
// Threads: serve() on any loop. Ownership: borrows the engine.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

class Members final : public Endpoint {
 public:
  using UrlCheck = std::function<Result<void>(const std::string& url)>;  // of a peer URL, with etcd's text

  Members(v3bridge::Engine& engine, UrlCheck check_url) : engine_(engine), check_url_(std::move(check_url)) {}
  void serve(Exchange&& exchange) override;

 private:
  void get(Exchange& exchange);
  void add(Exchange& exchange);
  void change(Exchange& exchange);
  Result<std::vector<std::string>> peer_urls_in(const Exchange& exchange) const;
  bool is_used(const std::vector<std::string>& urls) const;

  v3bridge::Engine& engine_;
  UrlCheck check_url_;
};

}  // namespace viaduct::v2
