#include "peer/link.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace viaduct::peer {
namespace {

constexpr int kForbidden = 403;
constexpr int kConflict = 409;
constexpr int kGone = 410;
constexpr int kPreconditionFailed = 412;

size_t at(StreamKind kind) { return static_cast<size_t>(kind); }

// What etcd calls the two streams of ours.
std::string stream_name(StreamKind kind) {
  return kind == StreamKind::kBulk ? "stream MsgApp v2 writer" : "stream Message writer";
}

}  // namespace

Link::Link(MemberId peer, const LinksOptions& options, Listener& listener)
    : peer_(peer),
      options_(options),
      listener_(listener),
      streams_{OutStream(StreamKind::kBulk, options, *this), OutStream(StreamKind::kControl, options, *this)} {
  figures_.id = peer;
}

Link::~Link() { finish(); }

void Link::set_urls(std::vector<std::string> urls) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = urls_ != urls;
    urls_ = std::move(urls);
  }
  for (OutStream& stream : streams_) {
    stream.start();
    if (changed) stream.dial_now();
  }
}

void Link::end() {
  for (OutStream& stream : streams_) stream.stop();
}

bool Link::has_ended() const {
  return std::ranges::all_of(streams_, [](const OutStream& stream) { return stream.has_stopped(); });
}

void Link::finish() {
  end();
  for (OutStream& stream : streams_) stream.join();
}

void Link::send(Frame&& frame) { streams_[at(stream_of(frame))].send(std::move(frame)); }

void Link::dial_now() {
  for (OutStream& stream : streams_) stream.dial_now();
}

void Link::greeted(const std::string& version) {
  {
    const std::lock_guard lock(mutex_);
    figures_.version = version;
  }
  dial_now();
}

std::vector<std::string> Link::urls() const {
  const std::lock_guard lock(mutex_);
  return urls_;
}

void Link::stream_up(StreamKind kind, const std::string& url) {
  {
    const std::lock_guard lock(mutex_);
    outgoing_[at(kind)] = true;
    trouble_[at(kind)].clear();
  }
  log::info("established a TCP streaming connection with peer " + to_hex(peer_.value) + " (" + stream_name(kind) + ")",
            {{"url", url}});
  note_connections();
}

void Link::stream_down(StreamKind kind, const DialFailure& why) {
  {
    const std::lock_guard lock(mutex_);
    outgoing_[at(kind)] = false;
  }
  const std::string what =
      " the TCP streaming connection with peer " + to_hex(peer_.value) + " (" + stream_name(kind) + ")";
  if (why.kind == DialFailure::Kind::kCancelled) {
    log::info("closed" + what);
  } else {
    log::warn("lost" + what, {{"error", why.message}});
  }
  note_connections();
}

// True when it was not logged last time as well.
bool Link::is_news(StreamKind kind, const std::string& trouble) {
  const std::lock_guard lock(mutex_);
  return std::exchange(trouble_[at(kind)], trouble) != trouble;
}

void Link::not_reached(StreamKind kind, const std::string& why) {
  if (!is_news(kind, why)) return;
  log::warn("health check for peer " + to_hex(peer_.value) + " could not connect: " + why);
}

void Link::absent() {
  {
    const std::lock_guard lock(mutex_);
    if (!heard_ || std::ranges::any_of(incoming_, [](int count) { return count > 0; })) return;
    heard_ = false;
  }
  listener_.gone(peer_);
}

void Link::refused(StreamKind kind, const HttpReply& reply) {
  const std::string id = to_hex(peer_.value);
  if (reply.status == kGone) {
    if (!is_news(kind, "removed")) return;
    log::warn("the member has been permanently removed from the cluster", {{"told-by", id}});
    return listener_.self_removed();
  }
  const std::string theirs(reply.find_header(kClusterHeader));
  const std::string ours = to_hex(options_.identity.cluster.value);
  if (reply.status == kPreconditionFailed && theirs != ours) {
    const std::string what =
        "request sent was ignored (cluster ID mismatch: peer[" + id + "]=" + theirs + ", local=" + ours + ")";
    if (is_news(kind, what)) log::error(what);
    return;
  }
  if (reply.status == kConflict) {
    const std::optional<uint64_t> newest = read_incarnation(reply.find_header(kIncarnationHeader));
    if (newest && *newest > options_.identity.incarnation) listener_.superseded(*newest);
  }
  const std::string what = std::to_string(reply.status) + " " + reply.body;
  if (!is_news(kind, what)) return;
  const bool not_known_yet = reply.status == kForbidden;
  log::write(not_known_yet ? log::Level::kWarn : log::Level::kError, "peer " + id + " refuses this member's streams",
             {{"status", reply.status}, {"reason", reply.body}});
}

void Link::wrote(StreamKind kind, uint64_t appends, uint64_t bytes, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  figures_.bytes_sent += bytes;
  if (kind != StreamKind::kBulk || appends == 0) return;
  const double seconds = std::chrono::duration<double>(took).count();
  figures_.latency_min = figures_.appends_sent == 0 ? took : std::min(figures_.latency_min, took);
  figures_.latency_max = std::max(figures_.latency_max, took);
  figures_.latency_current = took;
  figures_.latency_sum += took * appends;
  figures_.latency_square_sum += seconds * seconds * static_cast<double>(appends);
  figures_.appends_sent += appends;
}

void Link::lost(uint64_t frames, uint64_t appends) {
  const std::lock_guard lock(mutex_);
  figures_.dropped += frames;
  figures_.appends_failed += appends;
}

void Link::incoming_up(StreamKind kind) {
  {
    const std::lock_guard lock(mutex_);
    ++incoming_[at(kind)];
    heard_ = true;
  }
  note_connections();
}

void Link::incoming_down(StreamKind kind) {
  {
    const std::lock_guard lock(mutex_);
    --incoming_[at(kind)];
  }
  note_connections();
  dial_now();
}

bool Link::has_incoming() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(incoming_, [](int count) { return count > 0; });
}

void Link::received(uint64_t bytes, uint64_t appends) {
  const std::lock_guard lock(mutex_);
  figures_.bytes_received += bytes;
  figures_.appends_received += appends;
}

void Link::note_connections() {
  bool now = false;
  {
    const std::lock_guard lock(mutex_);
    now = std::ranges::all_of(outgoing_, [](bool up) { return up; }) &&
          std::ranges::all_of(incoming_, [](int count) { return count > 0; });
    if (now == connected_) return;
    connected_ = now;
    connected_since_ = Clock::now();
  }
  const std::string id = to_hex(peer_.value);
  if (now) return log::info("peer " + id + " became active");
  log::warn("peer " + id + " became inactive (message send to peer failed)");
}

PeerFigures Link::figures() const {
  const std::lock_guard lock(mutex_);
  PeerFigures figures = figures_;
  figures.connected = connected_;
  if (connected_) figures.connected_for = Clock::now() - connected_since_;
  return figures;
}

}  // namespace viaduct::peer
