#include "test/sim/network.h"

#include <algorithm>

#include "peer/frame_codec.h"

namespace viaduct::sim {
namespace {

constexpr Nanoseconds kAnswerTime = 5 * kSecond;     // for a chunk
constexpr Nanoseconds kTransferTime = 60 * kSecond;  // for a snapshot
constexpr Nanoseconds kLatestBefore = 100 * kMillisecond;
constexpr size_t kSnapshotsAtOnce = 2;  // RF-9

// A link never says these twice: the other side does what it is asked each time.
bool may_be_repeated(const peer::Frame& frame) {
  return !std::holds_alternative<peer::ForwardedCommand>(frame) && !std::holds_alternative<peer::ForwardRefused>(frame);
}

}  // namespace

Network::Wire& Network::add(MemberId id, Machine& machine) {
  return *(wires_[id] = std::make_unique<Wire>(*this, id, machine));
}

void Network::process_ended(MemberId id, bool noticed) {
  Wire& ended = *wires_.at(id);
  ended.detach();
  if (!noticed) return;
  for (const auto& [other, wire] : wires_) {
    if (other == id || is_cut(id, other)) continue;
    tell(other, scheduler_.now() + delay(), [id](Wire& to) { to.listener_->gone(id); });
  }
}

void Network::heal() {
  for (const auto& link : std::exchange(cut_, {})) healed_[link] = scheduler_.now();
}

Nanoseconds Network::healed(MemberId from, MemberId to) const {
  const auto found = healed_.find({from, to});
  return found == healed_.end() ? 0 : found->second;
}

Nanoseconds Network::delay() {
  const Nanoseconds usual = dice_.between(temper_.delay_least, temper_.delay_most);
  if (!dice_.chance(temper_.late)) return usual;
  ++counts_.late;
  return usual + static_cast<Nanoseconds>(dice_.log_between(kMillisecond, static_cast<double>(temper_.late_most)));
}

void Network::deliver(MemberId from, MemberId to, std::string bytes, Nanoseconds when) {
  scheduler_.trace().mix(static_cast<uint64_t>(when) ^ from.value << 48 ^ to.value << 40 ^ bytes.size());
  tell(to, when, [this, sent = scheduler_.now(), from, bytes = std::move(bytes)](Wire& wire) {
    if (!is_of_the_past(sent)) wire.take(from, bytes);
  });
}

// What was still on its way for seconds when all was mended is lost, or nothing would be mended.
bool Network::is_of_the_past(Nanoseconds sent) const {
  return calm_since_ && sent < *calm_since_ && scheduler_.now() > *calm_since_ + kLatestBefore;
}

void Network::calm() {
  heal();
  temper_ = {};
  last_arrival_.clear();
  calm_since_ = scheduler_.now();
}

// On the thread that receives for `to`, unless its process is another one by then.
void Network::tell(MemberId to, Nanoseconds when, std::function<void(Wire&)> what) {
  Wire& wire = *wires_.at(to);
  if (!wire.listener_) return;
  scheduler_.at(when, [this, &wire, life = wire.attached_at_, what = std::move(what)] {
    if (!wire.listener_ || wire.attached_at_ != life) return;
    wire.arrived_.push_back([&wire, what] { what(wire); });
    scheduler_.wake_one(&wire.arrived_);
  });
}

// --- one member's end ---

void Network::Wire::attach(peer::Listener& listener, peer::SnapshotSink& sink) {
  listener_ = &listener;
  sink_ = &sink;
  attached_at_ = network_.scheduler_.now();
  arrived_.clear();
  sending_snapshots_.clear();
  newest_.clear();
  strangers_.clear();
  network_.scheduler_.spawn(machine_, "links", [this] { receive(); });
}

size_t Network::snapshots_from(MemberId id) const {
  return static_cast<size_t>(std::ranges::count_if(
      wires_.at(id)->sending_snapshots_, [&](MemberId to) { return wires_.contains(to) && wires_.at(to)->listener_; }));
}

void Network::Wire::detach() { listener_ = nullptr; }

void Network::Wire::receive() {
  for (;;) {
    while (!arrived_.empty()) {
      const std::function<void()> next = std::move(arrived_.front());
      arrived_.pop_front();
      if (listener_) next();
    }
    network_.scheduler_.wait(&arrived_);
  }
}

void Network::Wire::take(MemberId from, const std::string& bytes) {
  if (!peers_.contains(from)) {
    const peer::Standing standing = listener_->standing(from);
    if (standing == peer::Standing::kRemoved) {
      network_.tell(from, network_.scheduler_.now() + network_.delay(),
                    [](Wire& removed) { removed.listener_->self_removed(); });
    }
    if (standing != peer::Standing::kMember && standing != peer::Standing::kStranger) return;
    strangers_.insert(from);
  }
  std::vector<peer::Frame> frames;
  peer::FrameReader reader;
  if (!reader.feed(bytes, frames)) std::abort();
  tell_the_superseded(from, frames);
  listener_->received(from, std::move(frames));
}

// A process older than one that was heard learns so.
void Network::Wire::tell_the_superseded(MemberId from, const std::vector<peer::Frame>& frames) {
  uint64_t& newest = newest_[from];
  for (const peer::Frame& frame : frames) {
    const auto* const raft = std::get_if<peer::RaftFrame>(&frame);
    if (!raft) continue;
    newest = std::max(newest, raft->message.incarnation);
    if (raft->message.incarnation == newest) continue;
    network_.tell(from, network_.scheduler_.now() + network_.delay(),
                  [newest](Wire& older) { older.listener_->superseded(newest); });
  }
}

void Network::Wire::send(MemberId to, peer::Frame frame) {
  Network& network = network_;
  ++network.counts_.sent;
  if (network.on_said) network.on_said(id_, frame);
  const bool is_linked = peers_.contains(to) || strangers_.contains(to);
  if (!is_linked || !network.wires_.contains(to)) return listener_->dropped(to);
  std::string bytes;
  if (!peer::append_frame(bytes, frame)) return listener_->dropped(to);
  if (network.is_cut(id_, to)) {
    ++network.counts_.cut;
    return;
  }
  if (network.dice_.chance(network.temper_.loss)) {
    ++network.counts_.lost;
    return;
  }
  Nanoseconds when = network.scheduler_.now() + network.delay();
  Nanoseconds& last = network.last_arrival_[{id_, to}];
  if (network.dice_.chance(network.temper_.reorder)) {
    ++network.counts_.reordered;
  } else {
    when = last = std::max(last, when);
  }
  if (may_be_repeated(frame) && network.dice_.chance(network.temper_.repeat)) {
    ++network.counts_.repeated;
    network.deliver(id_, to, bytes, network.scheduler_.now() + network.delay());
  }
  network.deliver(id_, to, std::move(bytes), when);
}

void Network::Wire::set_peers(const std::vector<peer::Peer>& peers) {
  peers_.clear();
  for (const peer::Peer& peer : peers) peers_.insert(peer.id);
}

std::vector<peer::PeerFigures> Network::Wire::figures() const {
  std::vector<peer::PeerFigures> figures;
  for (const MemberId id : peers_) {
    peer::PeerFigures& one = figures.emplace_back();
    one.id = id;
    const auto found = network_.wires_.find(id);
    if (found == network_.wires_.end()) continue;
    const Wire& other = *found->second;
    one.connected = other.listener_ && !other.machine_.paused && !network_.is_cut(id_, id) && !network_.is_cut(id, id_);
    const Nanoseconds since =
        std::max({attached_at_, other.attached_at_, network_.healed(id_, id), network_.healed(id, id_)});
    one.connected_for = std::chrono::nanoseconds(network_.scheduler_.now() - since);
  }
  return figures;
}

// --- snapshots ---

void Network::Wire::send_snapshot(MemberId to, std::unique_ptr<peer::SnapshotSource> source) {
  ++network_.counts_.snapshots;
  if (sending_snapshots_.size() >= kSnapshotsAtOnce || !sending_snapshots_.insert(to).second) {
    ++network_.counts_.snapshots_failed;
    return listener_->snapshot_sent(to, std::nullopt);
  }
  const std::shared_ptr<peer::SnapshotSource> shared =
      std::move(source);  // with the thread's function, which is copied
  network_.scheduler_.spawn(machine_, "snapshot", [this, to, shared] {
    SnapshotCourier courier(*shared, [this, to](const SnapshotCourier::Request& request) { return ask(to, request); });
    const auto is_wanted = [this, to] { return peers_.contains(to); };
    const std::optional<Index> index = courier.deliver(network_.scheduler_, kTransferTime, is_wanted);
    sending_snapshots_.erase(to);
    if (!index) ++network_.counts_.snapshots_failed;
    listener_->snapshot_sent(to, index);
  });
}

// Of the sink over there, on a thread of that machine; nothing: no answer came.
std::optional<SnapshotCourier::Answer> Network::Wire::ask(MemberId to, const SnapshotCourier::Request& request) {
  struct Question {
    std::optional<SnapshotCourier::Answer> answer;
  };
  const auto question = std::make_shared<Question>();
  Network& network = network_;
  if (const Nanoseconds most = network.temper_.snapshot_pause_most; most > 0)
    network.scheduler_.wait(this, network.scheduler_.now() + network.dice_.between(0, most));
  const auto answered = [&network, question](SnapshotCourier::Answer answer) {
    network.scheduler_.at(network.scheduler_.now() + network.delay(), [&network, question, answer] {
      question->answer = answer;
      network.scheduler_.wake_all(question.get());
    });
  };
  if (!network.is_cut(id_, to) && !network.dice_.chance(network.temper_.loss)) {
    network.tell(to, network.scheduler_.now() + network.delay(), [&network, from = id_, request, answered](Wire& wire) {
      network.scheduler_.spawn(wire.machine_, "sink", [&network, &wire, from, request, answered] {
        const SnapshotCourier::Answer answer = request(*wire.sink_);
        if (!network.is_cut(wire.id_, from)) answered(answer);
      });
    });
  }
  network.scheduler_.wait(question.get(), network.scheduler_.now() + kAnswerTime);
  return question->answer;
}

}  // namespace viaduct::sim
