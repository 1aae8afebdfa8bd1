// How one member introduces itself to another before each stream and with each snapshot: as headers of the request, in
// etcd's names where it has them (operations.md 2.12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "net/request.h"
#include "peer/frame.h"

namespace viaduct::peer {

// A peer is spoken to by two streams, so that nothing large holds up what keeps a leader a leader.
enum class StreamKind : uint8_t {
  kBulk,     // entries, forwarded commands, checkpoints
  kControl,  // everything else
};
inline constexpr size_t kStreamKinds = 2;
inline constexpr StreamKind kAllStreams[kStreamKinds] = {StreamKind::kBulk, StreamKind::kControl};

StreamKind stream_of(const Frame& frame);
std::string_view name_of(StreamKind kind);  // bulk, control

inline constexpr std::string_view kHandshakePath = "/viaduct/peer/handshake";
inline constexpr std::string_view kStreamPath = "/viaduct/peer/stream";
inline constexpr std::string_view kSnapshotPath = "/viaduct/peer/snapshot";
inline constexpr std::string_view kProbingPath = "/raft/probing";

inline constexpr std::string_view kClusterHeader = "X-Etcd-Cluster-ID";
inline constexpr std::string_view kVersionHeader = "X-Server-Version";
inline constexpr std::string_view kTokenHeader = "X-Viaduct-Token";
inline constexpr std::string_view kIncarnationHeader = "X-Viaduct-Incarnation";  // in a 409: the newest that was heard

// Who this member is; the same for all it says.
struct Identity {
  ClusterId cluster;
  MemberId self;
  uint64_t incarnation = 0;  // of this process
  std::string version;       // as the cluster knows it
  std::vector<std::string> advertised_urls;
};

struct Greeting {
  ClusterId cluster;
  MemberId from;
  MemberId to;
  uint64_t incarnation = 0;
  uint32_t format = 0;            // of frames
  std::string version;            // empty: not said
  std::vector<std::string> urls;  // where it says that it can be reached
};

std::vector<std::pair<std::string, std::string>> greeting_headers(const Identity& identity, MemberId to);
std::optional<Greeting> read_greeting(const net::Request& request);  // nothing: an id is missing or malformed
std::optional<uint64_t> read_incarnation(std::string_view header);
std::optional<StreamKind> read_stream_kind(const net::Request& request);  // its query, kind=bulk or kind=control

}  // namespace viaduct::peer
