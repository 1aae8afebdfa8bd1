// What the links are told once, and keep to.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "net/tls_settings.h"
#include "peer/handshake.h"
#include "peer/http_client.h"

namespace viaduct::peer {

struct LinksOptions {
  Identity identity;
  std::optional<net::TlsSettings> tls;  // for https; nothing: the system's authorities, no certificate
  std::string tls_server_name;          // empty: the host of the peer's URL

  size_t queued_bytes[kStreamKinds] = {64 << 20, 4 << 20};  // of a stream, by StreamKind; beyond it frames are dropped
  size_t batch_bytes = 1 << 20;                             // in one write, a larger frame apart

  std::chrono::milliseconds connect_timeout{1000};
  std::chrono::milliseconds write_timeout{5000};
  std::chrono::milliseconds keep_alive{1000};  // of silence, then a frame that says only that
  std::chrono::milliseconds redial_first{50};  // after a first try at once; doubles
  std::chrono::milliseconds redial_most{1000};

  uint64_t snapshot_bytes_per_second = 100'000'000;     // of all transfers together (RF-9)
  std::chrono::milliseconds snapshot_patience{30'000};  // without a chunk acknowledged
  std::chrono::milliseconds snapshot_install_time{600'000};
};

HttpOptions http_options(const LinksOptions& options, const Cancellation& cancellation);

}  // namespace viaduct::peer
