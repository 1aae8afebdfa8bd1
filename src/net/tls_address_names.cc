#include "net/tls_address_names.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace viaduct::net {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;

class SystemNameService final : public NameService {
 public:
  Result<std::vector<std::string>> names_of(const std::string& address) override {
    VIADUCT_TRY_ASSIGN(list, resolve(address, AI_NUMERICHOST));
    char name[NI_MAXHOST] = "";
    const int failed = getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof(name), nullptr, 0, NI_NAMEREQD);
    if (failed != 0) return failure(address, failed);
    std::string found = name;
    if (found.ends_with('.')) found.pop_back();
    return std::vector<std::string>{std::move(found)};
  }

  Result<std::vector<std::string>> addresses_of(const std::string& name) override {
    VIADUCT_TRY_ASSIGN(list, resolve(name, 0));
    std::vector<std::string> addresses;
    for (const addrinfo* one = list.get(); one; one = one->ai_next) {
      char text[NI_MAXHOST] = "";
      getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
      addresses.emplace_back(text);
    }
    return addresses;
  }

 private:
  static Error failure(const std::string& asked, int status) {
    return {Code::kIo, "lookup " + asked + ": " + gai_strerror(status)};
  }

  static Result<AddressList> resolve(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failed != 0) return failure(host, failed);
    return AddressList(found);
  }
};

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

bool is_wildcard(const std::string& name) { return name.starts_with("*."); }

bool fits(const std::string& pattern, const std::string& name) {
  return is_wildcard(pattern) ? name.ends_with(std::string_view(pattern).substr(1)) : name == pattern;
}

std::string quoted(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? " \"" : "\"") + name + "\"";
  return text + "]";
}

}  // namespace

NameService& system_name_service() {
  static SystemNameService service;
  return service;
}

std::optional<std::string> address_refusal(const TlsIdentity& identity, const std::string& remote_address) {
  if (identity.ip_addresses.empty() && identity.dns_names.empty()) return "";
  if (has(identity.ip_addresses, remote_address)) return "";
  if (identity.dns_names.empty()) return not_valid_for(identity, remote_address);
  return std::nullopt;
}

std::string address_refusal_by_names(const TlsIdentity& identity, const std::string& remote_address,
                                     NameService& names) {
  std::string problem;
  const auto remote_names = names.names_of(remote_address);
  if (!remote_names) problem = " (" + remote_names.error().message + ")";
  for (const std::string& pattern : identity.dns_names) {
    if (!remote_names) break;
    if (std::ranges::any_of(*remote_names, [&](const std::string& name) { return fits(pattern, name); })) return "";
  }
  for (const std::string& name : identity.dns_names) {
    if (is_wildcard(name)) continue;
    const auto addresses = names.addresses_of(name);
    if (addresses && has(*addresses, remote_address)) return "";
    if (!addresses) problem = " (" + addresses.error().message + ")";
  }
  return "tls: \"" + remote_address + "\" does not match any of DNSNames " + quoted(identity.dns_names) + problem;
}

}  // namespace viaduct::net
