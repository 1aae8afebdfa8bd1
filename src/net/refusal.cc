#include "net/refusal.h"

#include <string>

#include "net/status_text.h"

namespace viaduct::net {

Reply refusal_reply(const Refusal& refusal) {
  std::string text = std::to_string(refusal.status);
  text.append(" ").append(status_text(refusal.status));
  if (!refusal.detail.empty()) text.append(": ").append(refusal.detail);
  Reply reply;
  reply.status = refusal.status;
  reply.headers.add("Content-Type", "text/plain; charset=utf-8");
  reply.body = std::move(text);
  return reply;
}

}  // namespace viaduct::net
