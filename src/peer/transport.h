// How a node reaches the other members, and what it is told by them. Implemented by Links over HTTP, and by simulated
// networks in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "peer/frame.h"
#include "peer/snapshot_stream.h"

namespace viaduct::peer {

struct Peer {
  MemberId id;
  std::vector<std::string> urls;  // tried in turn

  bool operator==(const Peer&) const = default;
};

// May a member that calls itself so take part? Decided by the replicated membership, as far as it is known here. A
// stranger may have been added since, and nobody else may be there to tell: this member hears no leader, or that one.
enum class Standing { kMember, kStranger, kUnknown, kRemoved };

// For /v2/stats and metrics; since the process started.
struct PeerFigures {
  MemberId id;
  std::string version;     // of its program, as it said when it shook hands last; empty: it has not
  bool connected = false;  // both ways
  std::chrono::nanoseconds connected_for{0};
  uint64_t appends_sent = 0, appends_failed = 0;  // messages with entries, or that ask what arrived
  uint64_t appends_received = 0;
  std::chrono::nanoseconds latency_current{0}, latency_sum{0}, latency_min{0}, latency_max{0};
  double latency_square_sum = 0;  // of seconds
  uint64_t bytes_sent = 0, bytes_received = 0;
  uint64_t dropped = 0;  // frames that did not fit the queue, or were lost with a link
};

// What the node is told. Threads: any; each call returns quickly and blocks on nothing.
class Listener {
 public:
  virtual ~Listener() = default;
  // In the order sent on one link; frames of one member may come by two links (links.h).
  virtual void received(MemberId from, std::vector<Frame> frames) = 0;
  virtual void dropped(MemberId to) = 0;  // something said to it was lost
  // Every stream from it has ended, and dialling it is refused or reset: its process is gone (RF-1).
  virtual void gone(MemberId id) = 0;
  // Another member says that this one was removed from the cluster.
  virtual void self_removed() = 0;
  // Another member has heard a process of this one with a higher incarnation, and refuses this one.
  virtual void superseded(uint64_t newest) = 0;
  virtual Standing standing(MemberId id) const = 0;
  // `index`: what the member has installed or already had; nothing: the transfer failed.
  virtual void snapshot_sent(MemberId to, std::optional<Index> index) = 0;
};

// Threads: any, unless said otherwise.
class Transport {
 public:
  virtual ~Transport() = default;
  // Never blocks. What does not fit the link's bound, or has no link, is dropped: Listener::dropped().
  virtual void send(MemberId to, Frame frame) = 0;
  // Who there is, without this member: links to others end, new ones are dialled. Raft thread.
  virtual void set_peers(const std::vector<Peer>& peers) = 0;
  // Sends it from a thread of its own, resuming over broken links; ends in Listener::snapshot_sent(). One at a time to
  // a member, two in all; beyond that it fails at once (RF-9).
  virtual void send_snapshot(MemberId to, std::unique_ptr<SnapshotSource> source) = 0;
  virtual std::vector<PeerFigures> figures() const = 0;  // by id
};

}  // namespace viaduct::peer
