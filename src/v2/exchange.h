// One request on its way through the v2 API: what was asked, and everything needed to answer it.
// Threads: the loop's. Move it along; whoever holds it owes the answer.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "net/handler.h"
#include "net/loop.h"
#include "net/reply.h"
#include "net/request.h"

namespace viaduct::v2 {

struct Exchange {
  net::Loop* loop;
  net::Request request;
  net::ReplyHandle handle;
  std::string path;           // decoded and clean
  net::ReplyHeaders headers;  // CORS so far

  void reply(int status, net::Body body, bool close = false);
  void reply_json(int status, std::string body);
  void reply_message(int status, std::string_view message);  // the MSG family of v2-api.md 0.2
  void reply_text_error(int status, std::string_view text);  // the TXT family; `text` without its line feed
};

// Part of the API behind one route.

// Threads: any loop's, several at once.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void serve(Exchange&& exchange) = 0;
};

}  // namespace viaduct::v2
