#include "peer/snapshot_sender.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "peer/snapshot_transfer.h"

namespace viaduct::peer {
namespace {

constexpr std::ptrdiff_t kTransfers = 2;

}  // namespace

SnapshotSender::SnapshotSender(const LinksOptions& options, Listener& listener)
    : options_(options), listener_(listener), bucket_(options.snapshot_bytes_per_second) {}

SnapshotSender::~SnapshotSender() { stop(); }

bool SnapshotSender::start(Peer to, std::unique_ptr<SnapshotSource> source) {
  std::list<Transfer> done;  // joined without the lock
  const std::lock_guard lock(mutex_);
  done = take_done();
  const auto goes_there = [&](const Transfer& other) { return !other.done && other.to.id == to.id; };
  const auto goes_on = [](const Transfer& other) { return !other.done; };
  const bool is_full = std::ranges::count_if(transfers_, goes_on) >= kTransfers;
  if (stopped_ || is_full || std::ranges::any_of(transfers_, goes_there)) return false;
  Transfer& transfer = transfers_.emplace_back();
  transfer.to = std::move(to);
  transfer.source = std::move(source);
  transfer.thread = std::jthread([this, &transfer] { run(transfer); });
  return true;
}

// The caller holds mutex_. A transfer that is only just telling its end may be what calls.
std::list<SnapshotSender::Transfer> SnapshotSender::take_done() {
  std::list<Transfer> done;
  for (auto at = transfers_.begin(); at != transfers_.end();) {
    const auto next = std::next(at);
    if (at->done && at->thread.get_id() != std::this_thread::get_id()) done.splice(done.end(), transfers_, at);
    at = next;
  }
  return done;
}

void SnapshotSender::run(Transfer& transfer) {
  const std::string to = to_hex(transfer.to.id.value);
  const SnapshotName name = transfer.source->name();
  log::info("sending database snapshot", {{"snapshot-index", name.index.value}, {"remote-peer-id", to}});
  const Result<Index> sent =
      SnapshotTransfer(options_, transfer.to, *transfer.source, bucket_, transfer.cancellation).run();
  transfer.source.reset();
  if (sent) {
    log::info("sent database snapshot", {{"snapshot-index", sent->value}, {"remote-peer-id", to}});
  } else {
    log::warn("failed to send database snapshot",
              {{"snapshot-index", name.index.value}, {"remote-peer-id", to}, {"error", sent.error().message}});
  }
  const MemberId id = transfer.to.id;
  transfer.done = true;  // from here on another may start
  listener_.snapshot_sent(id, sent ? std::optional(*sent) : std::nullopt);
}

void SnapshotSender::keep_only(const std::vector<Peer>& peers) {
  const std::lock_guard lock(mutex_);
  for (const Transfer& transfer : transfers_) {
    if (std::ranges::find(peers, transfer.to.id, &Peer::id) == peers.end()) transfer.cancellation.cancel();
  }
}

void SnapshotSender::stop() {
  std::list<Transfer> ending;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    ending.swap(transfers_);
  }
  for (const Transfer& transfer : ending) transfer.cancellation.cancel();
}

}  // namespace viaduct::peer
