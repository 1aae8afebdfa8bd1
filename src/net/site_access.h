// What stands in front of every endpoint of a client port (v2-api.md 0.1, v3-api.md 1.5): the Host check against DNS
// rebinding, CORS for scripts of other sites, OPTIONS.
// Threads: any; the counts are relaxed.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/reply.h"
#include "net/request.h"

namespace viaduct::net {

struct SiteAccessOptions {
  std::vector<std::string> cors;            // {"*"}: any origin
  std::vector<std::string> host_whitelist;  // empty or with "*": any host
};

class SiteAccess {
 public:
  struct Refused {
    std::atomic<uint64_t> hosts{0};    // 421
    std::atomic<uint64_t> origins{0};  // 403
  };

  explicit SiteAccess(SiteAccessOptions options);

  // The whole answer to a request that goes no further. Else nothing, and `headers` gets what every answer carries.
  std::optional<Reply> answer(const Request& request, ReplyHeaders& headers) const;

  const Refused& refused() const { return refused_; }

 private:
  bool is_host_allowed(const Request& request) const;
  bool add_cors(const Request& request, ReplyHeaders& headers) const;

  const SiteAccessOptions options_;
  const bool any_origin_, any_host_;
  ReplyHeaders cors_any_;
  mutable Refused refused_;
};

// A plain text of one line, as Go's http.Error writes it. `headers` come first.
Reply text_error(int status, std::string_view text, ReplyHeaders headers);

// 301 to a clean path, as Go's ServeMux answers.
Reply moved_permanently(Method method, std::string_view location, ReplyHeaders headers);

}  // namespace viaduct::net
