#include "server/config_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// 0.4's -addr stands for `advertise`, -bind-addr for `listen`; without the latter, every address with the same port.
Result<void> apply_old_addresses(FlagValues& values, const char* addr, const char* bind_addr, const char* advertise,
                                 const char* listen, const std::string& scheme) {
  const auto replace = [&](const char* old_flag, const char* new_flag, const std::string& address) -> Result<void> {
    if (values.given(new_flag)) {
      return invalid("Set only one of flags -" + std::string(new_flag) + " and -" + old_flag);
    }
    return values.set(*find_flag(new_flag), scheme + "://" + address, Origin::kCommandLine);
  };
  const std::string told = values.text(addr);
  if (values.given(addr)) VIADUCT_TRY(replace(addr, advertise, told));
  if (values.given(bind_addr)) return replace(bind_addr, listen, values.text(bind_addr));
  if (values.given(addr)) return replace(addr, listen, "[::]" + told.substr(told.rfind(':')));
  return {};
}

// Returns the host now advertised, empty when the default may stay.
std::string replace_default(const Urls& listen, Urls& advertise, const DefaultHost& default_host) {
  if (listen.empty() || (listen[0].host != "0.0.0.0" && listen[0].host != "::")) return "";
  const std::optional<std::string> host = default_host();
  if (!host) return "";
  advertise = {with_host(advertise[0], *host, listen[0].port)};
  return *host;
}

}  // namespace

std::optional<std::string> detect_default_host() {
  // Connecting a datagram socket sends nothing; it only asks the kernel which address would be the source.
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);  // RFC 5737: documentation
  socklen_t size = sizeof address;
  const bool routed = connect(socket_fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(socket_fd);
  char text[INET_ADDRSTRLEN];
  if (!routed || !inet_ntop(AF_INET, &address.sin_addr, text, sizeof text)) return std::nullopt;
  return text;
}

Result<void> configure_addresses(FlagValues& values, bool advertise_required, const DefaultHost& default_host,
                                 Config& config) {
  const auto scheme = [&](const char* certificate) { return values.text(certificate).empty() ? "http" : "https"; };
  VIADUCT_TRY(apply_old_addresses(values, "addr", "bind-addr", "advertise-client-urls", "listen-client-urls",
                                  scheme("cert-file")));
  VIADUCT_TRY(apply_old_addresses(values, "peer-addr", "peer-bind-addr", "initial-advertise-peer-urls",
                                  "listen-peer-urls", scheme("peer-cert-file")));
  config.listen_peer_urls = values.urls("listen-peer-urls");
  config.listen_client_urls = values.urls("listen-client-urls");
  config.listen_client_http_urls = values.urls("listen-client-http-urls");
  config.listen_metrics_urls = values.urls("listen-metrics-urls");
  config.initial_advertise_peer_urls = values.urls("initial-advertise-peer-urls");
  config.advertise_client_urls = values.urls("advertise-client-urls");
  for (const auto* listen : {&config.listen_peer_urls, &config.listen_client_urls, &config.listen_client_http_urls,
                             &config.listen_metrics_urls}) {
    VIADUCT_TRY(check_listen_urls(*listen));
  }
  if (auto bad = check_advertise_urls(config.initial_advertise_peer_urls); !bad) {
    return invalid("--initial-advertise-peer-urls " + quote(join_urls(config.initial_advertise_peer_urls)) +
                   " must be \"host:port\" (" + bad.error().message + ")");
  }
  if (auto bad = check_advertise_urls(config.advertise_client_urls); !bad) {
    return invalid("--advertise-client-urls " + quote(join_urls(config.advertise_client_urls)) +
                   " must be \"host:port\" (" + bad.error().message + ")");
  }
  const bool unsaid =
      advertise_required && values.given("listen-client-urls") && !values.given("advertise-client-urls");
  if (unsaid || config.advertise_client_urls.empty()) return invalid(std::string(kAdvertiseRequired));
  if (config.listen_client_urls.empty()) return invalid("--listen-client-urls must name at least one address");
  if (config.initial_advertise_peer_urls.empty()) {
    return invalid("--initial-advertise-peer-urls must name at least one address");
  }

  std::string detected;
  if (!values.given("initial-advertise-peer-urls")) {
    detected = replace_default(config.listen_peer_urls, config.initial_advertise_peer_urls, default_host);
  }
  if (!values.given("advertise-client-urls")) {
    const std::string host = replace_default(config.listen_client_urls, config.advertise_client_urls, default_host);
    if (!host.empty()) detected = host;
  }
  if (!detected.empty()) values.notice(log::Level::kInfo, "advertising using detected default host " + quote(detected));
  return {};
}

Result<InitialCluster> parse_initial_cluster(const std::string& text) {
  InitialCluster cluster;
  for (const std::string& member : split(text, ',')) {
    const size_t equals = member.find('=');
    VIADUCT_TRY_ASSIGN(url, parse_url(equals == std::string::npos ? "" : trim(member.substr(equals + 1))));
    cluster.emplace_back(trim(member.substr(0, equals)), std::move(url));
  }
  std::sort(cluster.begin(), cluster.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.text) < std::tie(b.first, b.second.text);
  });
  return cluster;
}

Result<void> configure_initial_cluster(const FlagValues& values, Config& config) {
  config.initial_cluster.clear();
  if (!values.given("initial-cluster")) {
    for (const Url& url : config.initial_advertise_peer_urls) config.initial_cluster.emplace_back(config.name, url);
    return {};
  }
  auto cluster = parse_initial_cluster(values.text("initial-cluster"));
  if (!cluster) return invalid("error setting up initial cluster: " + cluster.error().message);
  config.initial_cluster = *std::move(cluster);
  return {};
}

Result<void> configure_join_peers(const FlagValues& values, const std::string& listed, Config& config) {
  config.join_attempts = static_cast<uint32_t>(values.number("max-retry-attempts"));
  const std::string& text = values.text("retry-interval");
  double seconds = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (status != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && seconds <= 86'400)) {
    return invalid("-retry-interval must be between 0 and 86400 seconds (set to " + text + ")");
  }
  config.join_retry_interval = std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
  const std::string scheme = config.peer_tls.empty() ? "http://" : "https://";
  std::string peers = values.text("peers") + "," + listed;
  std::replace(peers.begin(), peers.end(), '\n', ',');
  for (const std::string& part : split(peers, ',')) {
    const std::string peer = trim(part);
    if (peer.empty()) continue;
    const auto url = parse_url(peer.find("://") == std::string::npos ? scheme + peer : peer);
    if (!url) return invalid("-peers has " + quote(peer) + ": " + url.error().message);
    config.join_peers.push_back(url->text);
  }
  return {};
}

}  // namespace viaduct::server
