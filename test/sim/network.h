// The network between the members, as frames: what one says is encoded, lost, late, repeated, out of order or not, and
// decoded on the other side (FM-8). Stands where peer::Links does, and keeps its promises: frames only from members, a
// removed one is told so, and so is an older process of one; the end of a process is noticed, snapshots go chunk by
// chunk.
// Threads: a member's Wire is used by that member's threads; the rest by the world.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "peer/transport.h"
#include "test/sim/scheduler.h"
#include "test/sim/snapshot_courier.h"

namespace viaduct::sim {

struct NetworkTemper {
  double loss = 0, repeat = 0, reorder = 0;  // of each frame
  Nanoseconds delay_least = 100 * kMicrosecond, delay_most = kMillisecond;
  double late = 0;  // of each frame: by up to late_most
  Nanoseconds late_most = 10 * kSecond;
  Nanoseconds snapshot_pause_most = 0;  // before each chunk of one
};

struct NetworkCounts {
  uint64_t sent = 0, lost = 0, repeated = 0, reordered = 0, late = 0, cut = 0, snapshots = 0, snapshots_failed = 0;
};

class Network {
 public:
  // One member's process in the network; from attach() to the end of that process.
  class Wire final : public peer::Transport {
   public:
    Wire(Network& network, MemberId id, Machine& machine) : network_(network), id_(id), machine_(machine) {}

    // On the member's main thread, once the node is there: what was said to it comes from here on.
    void attach(peer::Listener& listener, peer::SnapshotSink& sink);
    void detach();

    void send(MemberId to, peer::Frame frame) override;
    void set_peers(const std::vector<peer::Peer>& peers) override;
    void send_snapshot(MemberId to, std::unique_ptr<peer::SnapshotSource> source) override;
    std::vector<peer::PeerFigures> figures() const override;

   private:
    friend class Network;
    void receive();
    void take(MemberId from, const std::string& bytes);
    void tell_the_superseded(MemberId from, const std::vector<peer::Frame>& frames);
    std::optional<SnapshotCourier::Answer> ask(MemberId to, const SnapshotCourier::Request& request);

    Network& network_;
    const MemberId id_;
    Machine& machine_;
    peer::Listener* listener_ = nullptr;
    peer::SnapshotSink* sink_ = nullptr;
    std::set<MemberId> peers_;
    std::map<MemberId, uint64_t> newest_;        // incarnation that was heard
    std::set<MemberId> strangers_;               // who has spoken and is no peer as far as is known here
    std::deque<std::function<void()>> arrived_;  // for the thread that receives
    std::set<MemberId> sending_snapshots_;
    Nanoseconds attached_at_ = 0;
  };

  Network(Scheduler& scheduler, Dice dice) : scheduler_(scheduler), dice_(dice) {}

  Wire& add(MemberId id, Machine& machine);
  void process_ended(MemberId id, bool noticed);  // `noticed`: its kernel closed the links

  void set_temper(const NetworkTemper& temper) { temper_ = temper; }
  std::function<void(MemberId from, const peer::Frame& frame)> on_said;  // on a thread of the sender
  void cut(MemberId from, MemberId to) { cut_.emplace(from, to); }
  void heal();
  void calm();  // from here on every frame arrives, and soon
  const NetworkCounts& counts() const { return counts_; }
  size_t snapshots_from(MemberId id) const;  // to members that run

 private:
  bool is_cut(MemberId from, MemberId to) const { return cut_.contains({from, to}); }
  Nanoseconds healed(MemberId from, MemberId to) const;
  Nanoseconds delay();
  bool is_of_the_past(Nanoseconds sent) const;
  void deliver(MemberId from, MemberId to, std::string bytes, Nanoseconds when);
  void tell(MemberId to, Nanoseconds when, std::function<void(Wire&)> what);

  Scheduler& scheduler_;
  Dice dice_;
  NetworkTemper temper_;
  std::optional<Nanoseconds> calm_since_;
  NetworkCounts counts_;
  std::map<MemberId, std::unique_ptr<Wire>> wires_;
  std::set<std::pair<MemberId, MemberId>> cut_;
  std::map<std::pair<MemberId, MemberId>, Nanoseconds> last_arrival_;
  std::map<std::pair<MemberId, MemberId>, Nanoseconds> healed_;  // when last
};

}  // namespace viaduct::sim
