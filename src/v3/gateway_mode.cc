#include "v3/gateway_mode.h"

#include "net/form.h"
#include "net/websocket.h"
#include "v3/gateway_query.h"

namespace viaduct::v3 {
namespace {

constexpr int kHttp1 = 11;

using Ask = GatewayMode::Ask;

Ask ask_of(const net::Request& head, const Method& method, const net::Form& query) {
  if (head.method() == net::Method::kPost) return Ask::kPost;
  if (head.version == kHttp1 && net::asks_for_websocket(head)) return Ask::kWebSocket;
  const bool readable = head.method() == net::Method::kGet && may_be_asked_by_get(method, query);
  return readable ? Ask::kGet : Ask::kRefused;
}

bool says_yes(std::string_view value) { return value.empty() || value == "true" || value == "1"; }

// Plain text is asked for; a URL, which has no base64, asks for it unless it says otherwise.
bool wants_text(const net::Request& head, const net::Form& query, Ask ask) {
  if (const std::string* const text = query.find("text")) return says_yes(*text);
  if (head.has_header("X-Viaduct-Text")) return says_yes(head.find_header("X-Viaduct-Text"));
  return ask == Ask::kGet;
}

}  // namespace

GatewayMode gateway_mode(const net::Request& head, const Method& method) {
  net::Form query;
  (void)query.parse(head.raw_query());  // what makes no sense asks for nothing, as in etcd
  GatewayMode mode;
  mode.ask = ask_of(head, method, query);
  mode.bytes_as = wants_text(head, query, mode.ask) ? BytesAs::kText : BytesAs::kBase64;
  const bool named = head.find_header("Accept").find("text/event-stream") != std::string_view::npos;
  mode.as_events = method.kind != Method::Kind::kUnary && (named || mode.ask == Ask::kGet);
  return mode;
}

}  // namespace viaduct::v3
