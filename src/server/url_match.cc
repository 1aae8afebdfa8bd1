#include "server/url_match.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "base/log.h"
#include "server/flags_text.h"

namespace viaduct::server {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kResolveBudget{30};
constexpr std::chrono::seconds kRetryInterval{1};

Result<std::string> first_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found); status != 0) {
    return Error{Code::kUnavailable, "lookup " + host + ": " + gai_strerror(status)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  char address[NI_MAXHOST] = "";
  if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, nullptr, 0, NI_NUMERICHOST) != 0) {
    return Error{Code::kUnavailable, "lookup " + host + ": no address"};
  }
  return std::string(address);
}

Result<Urls> resolved(Urls urls, const ResolveHost& resolve) {
  for (Url& url : urls) {
    if (url.is_socket_file() || url.host == "localhost") continue;
    VIADUCT_TRY_ASSIGN(address, resolve(url.host));
    url = with_host(url, address, url.port);
  }
  return urls;
}

void sort_by_text(Urls& urls) {
  std::sort(urls.begin(), urls.end(), [](const Url& a, const Url& b) { return a.text < b.text; });
}

std::string show(const Urls& urls) {
  std::string text;
  for (const Url& url : urls) text += (text.empty() ? "" : " ") + quote(url.text);
  return "[" + text + "]";
}

}  // namespace

ResolveHost system_resolver() {
  return [deadline = steady_clock::now() + kResolveBudget](const std::string& host) -> Result<std::string> {
    for (;;) {
      Result<std::string> address = first_address(host);
      if (address || steady_clock::now() + kRetryInterval > deadline) return address;
      log::warn("failed to resolve host " + host + "; trying again", {{"error", address.error().message}});
      std::this_thread::sleep_for(kRetryInterval);
    }
  };
}

std::optional<std::string> difference(Urls left, Urls right, const ResolveHost& resolve) {
  if (left.size() != right.size()) return "len(" + show(left) + ") != len(" + show(right) + ")";
  auto left_resolved = resolved(std::move(left), resolve);
  if (!left_resolved) return left_resolved.error().message;
  auto right_resolved = resolved(std::move(right), resolve);
  if (!right_resolved) return right_resolved.error().message;
  sort_by_text(*left_resolved);
  sort_by_text(*right_resolved);
  for (size_t i = 0; i < left_resolved->size(); ++i) {
    const std::string &a = (*left_resolved)[i].text, &b = (*right_resolved)[i].text;
    if (a != b) return "resolved urls: " + quote(a) + " != " + quote(b);
  }
  return std::nullopt;
}

}  // namespace viaduct::server
