// A snapshot on the wire: requests to /viaduct/peer/snapshot with the headers of a handshake, X-Viaduct-Snapshot and
//
//   ?do=begin          200: the offset from which bytes are wanted; 409: not wanted, this member has all that
//   ?do=write&at=N     the body is a chunk for offset N, X-Viaduct-CRC32C its checksum; 200: the new end;
//                      400: damaged on the way, send it again; 412: not where the bytes so far end, ask again
//   ?do=finish         200: checked and installed; 422: damaged
//
// Any of them: 503 for another transfer or an install under way, 403 and 410 as for a handshake, 500 for the disk.
// Numbers are decimal in queries and answers, hexadecimal in headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "peer/handshake.h"
#include "peer/snapshot_stream.h"

namespace viaduct::peer {

inline constexpr std::string_view kSnapshotHeader = "X-Viaduct-Snapshot";  // number-index-term-leader_term
inline constexpr std::string_view kChecksumHeader = "X-Viaduct-CRC32C";

struct SnapshotRequest {
  enum class Step : uint8_t { kBegin, kWrite, kFinish };
  Step step = Step::kBegin;
  SnapshotName name;
  uint64_t offset = 0;    // of a write
  uint32_t checksum = 0;  // of a write
};

// Nothing: it makes no sense. The sender and its incarnation are the greeting's.
std::optional<SnapshotRequest> read_snapshot_request(const net::Request& request, const Greeting& greeting);
std::string snapshot_header(const SnapshotName& name);
std::string snapshot_target(SnapshotRequest::Step step, uint64_t offset);
std::optional<uint64_t> read_decimal(std::string_view text);

}  // namespace viaduct::peer
