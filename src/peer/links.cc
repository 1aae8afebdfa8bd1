#include "peer/links.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace viaduct::peer {
namespace {

constexpr size_t kMostStrangers = 8;

}  // namespace

Links::Links(LinksOptions options, Listener& listener)
    : options_(std::move(options)), listener_(listener), snapshots_(options_, listener) {}

Links::~Links() { stop(); }

Links::LinkPtr Links::find(MemberId peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  return found == links_.end() ? nullptr : found->second;
}

Links::LinkPtr Links::find_or_make(MemberId peer) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  LinkPtr& link = links_[peer];
  if (!link) link = std::make_shared<Link>(peer, options_, listener_);
  return link;
}

void Links::send(MemberId to, Frame frame) {
  if (const LinkPtr link = find(to)) return link->send(std::move(frame));
  listener_.dropped(to);
}

std::set<MemberId> Links::refused_strangers() const {
  std::set<MemberId> refused;
  {
    const std::lock_guard lock(mutex_);
    refused = strangers_;
  }
  std::erase_if(refused, [&](MemberId id) { return listener_.standing(id) == Standing::kStranger; });
  return refused;
}

Links::LinkMap::iterator Links::end_link(LinkMap::iterator at) {
  strangers_.erase(at->first);
  at->second->end();
  ended_.push_back(std::move(at->second));
  return links_.erase(at);
}

void Links::end_silent_strangers() {
  for (auto at = links_.begin(); at != links_.end();) {
    at = strangers_.contains(at->first) && !at->second->has_incoming() ? end_link(at) : std::next(at);
  }
}

bool Links::take_in(const Greeting& stranger) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (!links_.contains(stranger.from)) {
    if (strangers_.size() >= kMostStrangers) end_silent_strangers();
    if (strangers_.size() >= kMostStrangers) return false;
    strangers_.insert(stranger.from);
    links_[stranger.from] = std::make_shared<Link>(stranger.from, options_, listener_);
  }
  if (strangers_.contains(stranger.from)) links_[stranger.from]->set_urls(stranger.urls);
  return true;
}

void Links::set_peers(const std::vector<Peer>& peers) {
  const std::set<MemberId> refused = refused_strangers();
  std::vector<LinkPtr> gone;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    for (const Peer& peer : peers) strangers_.erase(peer.id);
    const auto is_peer = [&](MemberId id) { return std::ranges::find(peers, id, &Peer::id) != peers.end(); };
    for (auto at = links_.begin(); at != links_.end();) {
      const bool stays = is_peer(at->first) || (strangers_.contains(at->first) && !refused.contains(at->first));
      at = stays ? std::next(at) : end_link(at);
    }
    const auto done = std::ranges::partition(ended_, [](const LinkPtr& link) { return !link->has_ended(); });
    gone.assign(std::make_move_iterator(done.begin()), std::make_move_iterator(done.end()));
    ended_.erase(done.begin(), done.end());
  }
  snapshots_.keep_only(peers);
  for (const Peer& peer : peers) {
    if (const LinkPtr link = find_or_make(peer.id)) link->set_urls(peer.urls);
  }
}

void Links::send_snapshot(MemberId to, std::unique_ptr<SnapshotSource> source) {
  const LinkPtr link = find(to);
  if (link && snapshots_.start({to, link->urls()}, std::move(source))) return;
  listener_.snapshot_sent(to, std::nullopt);
}

std::vector<PeerFigures> Links::figures() const {
  std::vector<PeerFigures> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, link] : links_) all.push_back(link->figures());
  return all;
}

void Links::stop() {
  std::vector<LinkPtr> ending;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    ending.swap(ended_);
    for (auto& [id, link] : links_) ending.push_back(std::move(link));
    links_.clear();
  }
  for (const LinkPtr& link : ending) link->end();
  for (const LinkPtr& link : ending) link->finish();
  snapshots_.stop();
}

void Links::incoming_up(MemberId peer, StreamKind kind) {
  if (const LinkPtr link = find_or_make(peer)) link->incoming_up(kind);
}

void Links::incoming_down(MemberId peer, StreamKind kind) {
  if (const LinkPtr link = find(peer)) link->incoming_down(kind);
}

void Links::received(MemberId peer, uint64_t bytes, uint64_t appends) {
  if (const LinkPtr link = find(peer)) link->received(bytes, appends);
}

void Links::greeted_by(const Greeting& greeting) {
  if (const LinkPtr link = find_or_make(greeting.from)) link->greeted(greeting.version);
}

}  // namespace viaduct::peer
