// The links to all other members: Transport over HTTP. Each peer is dialled twice, for bulk and for control, by a
// thread each; what the peers dial comes in by the Port, which tells us of it here. Use:       make Links, then a Port
// over them for the peer listener, then set_peers(). Before they go: stop the
//            listener and its loops, then stop() or destroy Links, then the Port.
// Ownership: owns its threads; borrows the listener, which is not called once stop() has returned.
// Threads:   any; set_peers() and stop() from one at a time. The listener may call back from within its calls, but for
//            set_peers() and stop().
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "peer/link.h"
#include "peer/links_options.h"
#include "peer/snapshot_sender.h"
#include "peer/transport.h"

namespace viaduct::peer {

class Links final : public Transport {
 public:
  Links(LinksOptions options, Listener& listener);
  ~Links() override;  // stops

  void send(MemberId to, Frame frame) override;
  void set_peers(const std::vector<Peer>& peers) override;
  void send_snapshot(MemberId to, std::unique_ptr<SnapshotSource> source) override;
  std::vector<PeerFigures> figures() const override;

  void stop();  // ends every stream and transfer, and waits for their threads; what is sent afterwards is lost

  // For the Port: streams that peers dialled, and other signs of life.
  const Identity& identity() const { return options_.identity; }
  Listener& listener() const { return listener_; }
  void incoming_up(MemberId peer, StreamKind kind);
  void incoming_down(MemberId peer, StreamKind kind);
  void received(MemberId peer, uint64_t bytes, uint64_t appends);
  void greeted_by(const Greeting& greeting);
  // Links to a stranger as to a peer, at the addresses it gives, until it is known not to be one. False: there are too
  // many already.
  bool take_in(const Greeting& stranger);

 private:
  using LinkPtr = std::shared_ptr<Link>;  // also held by calls under way, which a set_peers() may overtake
  using LinkMap = std::map<MemberId, LinkPtr>;

  LinkPtr find(MemberId peer) const;
  LinkPtr find_or_make(MemberId peer);
  std::set<MemberId> refused_strangers() const;
  LinkMap::iterator end_link(LinkMap::iterator at);
  void end_silent_strangers();

  const LinksOptions options_;
  Listener& listener_;
  mutable std::mutex mutex_;
  LinkMap links_;  // guarded by mutex_: peers, members whose streams came before set_peers(), and strangers
  std::set<MemberId> strangers_;  // guarded by mutex_: a few
  std::vector<LinkPtr> ended_;    // guarded by mutex_: of former peers, until their threads have ended
  bool stopped_ = false;          // guarded by mutex_
  SnapshotSender snapshots_;
};

}  // namespace viaduct::peer
