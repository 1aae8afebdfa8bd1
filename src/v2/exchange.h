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

  void reply(int status, net::Body body, bool close = false) {
    net::Reply answer;
    answer.status = status;
    answer.headers = std::move(headers);
    answer.body = std::move(body);
    answer.close = close;
    loop->reply(handle, std::move(answer));
  }

  void reply_json(int status, std::string body) {
    headers.add("Content-Type", "application/json");
    reply(status, std::move(body));
  }

  // The TXT family of v2-api.md 0.2; `text` without its line feed.
  void reply_text_error(int status, std::string_view text) {
    headers.add("Content-Type", "text/plain; charset=utf-8");
    headers.add("X-Content-Type-Options", "nosniff");
    reply(status, std::string(text) + '\n');
  }
};

// Part of the API behind one route. Threads: any loop's, several at once.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void serve(Exchange&& exchange) = 0;
};

}  // namespace viaduct::v2
