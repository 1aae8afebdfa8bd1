#include "v2/exchange.h"

#include "base/json_text.h"
#include "net/site_access.h"

namespace viaduct::v2 {

void Exchange::reply(int status, net::Body body, bool close) {
  net::Reply answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  answer.close = close;
  loop->reply(handle, std::move(answer));
}

void Exchange::reply_json(int status, std::string body) {
  headers.add("Content-Type", "application/json");
  reply(status, std::move(body));
}

void Exchange::reply_message(int status, std::string_view message) {
  std::string body = "{\"message\":";
  append_json_string(body, message);
  body += '}';
  reply_json(status, std::move(body));
}

void Exchange::reply_text_error(int status, std::string_view text) {
  loop->reply(handle, net::text_error(status, text, std::move(headers)));
}

}  // namespace viaduct::v2
