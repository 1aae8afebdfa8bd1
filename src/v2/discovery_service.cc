#include "v2/discovery_service.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "net/form.h"
#include "v2/params.h"
#include "viaduct/command.pb.h"

namespace viaduct::v2 {
namespace {

constexpr std::string_view kRegistry = "/_etcd/registry/";
constexpr size_t kTokenDigits = 32;

bool is_token(std::string_view text) {
  return text.size() == kTokenDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Nothing if it is no number of members.
std::optional<uint64_t> size_in(const net::Request& request) {
  net::Form form;
  if (!form.parse(request.raw_query())) return std::nullopt;
  const std::string* const text = form.find("size");
  if (!text) return kDefaultDiscoverySize;
  const std::optional<uint64_t> size = parse_uint64(*text);
  return size && *size >= 1 && *size <= kMostDiscoverySize ? size : std::nullopt;
}

// Where the client has reached this member.
std::string base_url(const net::Request& request) {
  const std::string scheme = request.scheme == net::Scheme::kHttps ? "https://" : "http://";
  return scheme + std::string(request.find_header("Host"));
}

}  // namespace

class NewToken::Made final : public v3bridge::Completion {
 public:
  Made(Exchange&& exchange, std::string url)
      : Completion(*exchange.loop), exchange_(std::move(exchange)), url_(std::move(url)) {}

  void done(v3bridge::Outcome outcome) override {
    if (const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body)) {
      return exchange_.reply_text_error(500, "Unable to generate token: " + refusal->text);
    }
    if (!std::holds_alternative<v3bridge::V2Done>(outcome.body)) {
      return exchange_.reply_text_error(500, "Unable to generate token");
    }
    exchange_.headers.add("Content-Type", "text/plain; charset=utf-8");
    exchange_.reply(200, std::move(url_));
  }

 private:
  Exchange exchange_;
  std::string url_;
};

std::string NewToken::make_token() {
  uint64_t high = 0, low = 0;
  {
    const std::lock_guard lock(mutex_);
    high = random_.next();
    low = random_.next();
  }
  char digits[kTokenDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return digits;
}

void NewToken::serve(Exchange&& exchange) {
  const std::optional<uint64_t> size = size_in(exchange.request);
  if (!size) return exchange.reply_text_error(400, "size must be between 1 and " + std::to_string(kMostDiscoverySize));
  const std::string directory = std::string(kRegistry) + make_token();
  Command command;
  V2Write& write = *command.mutable_v2_write();
  write.set_operation(V2Write::SET);
  write.set_path(directory + "/_config/size");
  write.set_value(std::to_string(*size));
  std::string url = base_url(exchange.request) + "/v2/keys" + directory;
  engine_.propose(std::move(command), std::make_unique<Made>(std::move(exchange), std::move(url)));
}

void TokenAlone::serve(Exchange&& exchange) {
  const std::string_view rest = std::string_view(exchange.path).substr(1);
  if (!is_token(rest.substr(0, rest.find('/')))) return exchange.reply_text_error(404, "404 page not found");
  const net::Method method = exchange.request.method();
  if (method != net::Method::kGet && method != net::Method::kPut) {
    exchange.headers.add("Allow", "GET,PUT");
    return exchange.reply_text_error(405, "Method Not Allowed");
  }
  exchange.path = "/v2/keys" + std::string(kRegistry) + std::string(rest);
  keys_.serve(std::move(exchange));
}

}  // namespace viaduct::v2
