#include "server/peer_snapshot_sink.h"

#include <future>
#include <optional>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/mark.h"
#include "store/seed.h"

namespace viaduct::server {
namespace {

// A sender that begins again, or a newer leader, takes the place of one that may never come back.
bool supersedes(const peer::SnapshotName& next, const peer::SnapshotName& current) {
  const auto rank = [](const peer::SnapshotName& name) {
    return std::tuple(name.leader_term, name.index, name.number);
  };
  return rank(next) > rank(current);
}

}  // namespace

// One snapshot on its way: what has come of it is in the seed.
class PeerSnapshotSink::Transfer final : private PeerSnapshotDecoder::Reader {
 public:
  Transfer(const peer::SnapshotName& name, ClusterId cluster, std::string path, std::unique_ptr<store::Seed> seed)
      : name_(name), cluster_(cluster), path_(std::move(path)), seed_(std::move(seed)), decoder_(*this) {}

  const peer::SnapshotName& name() const { return name_; }
  const PeerSnapshotHeader& header() const { return *header_; }
  const std::string& path() const { return path_; }
  uint64_t bytes() const { return decoder_.bytes(); }

  Result<void> take(Bytes bytes) {
    VIADUCT_TRY(decoder_.feed(bytes));
    return seed_->status();
  }

  // Durable, and closed.
  Result<void> finish() {
    if (!decoder_.is_complete()) return Error{Code::kCorrupt, "snapshot: its end is missing"};
    seed_->put_installed(header_->index);
    Result<void> finished = seed_->finish();
    seed_.reset();
    return finished;
  }

 private:
  Result<void> take_header(const PeerSnapshotHeader& header) override {
    if (header.cluster != cluster_) return Error{Code::kInvalidArgument, "snapshot: of another cluster"};
    if (header.index != name_.index || header.term != name_.term)
      return Error{Code::kCorrupt, "snapshot: the state is not what its name says"};
    header_ = header;
    return {};
  }
  Result<void> take_row(Bytes key, Bytes value) override {
    seed_->put_row(key, value);
    return {};
  }

  const peer::SnapshotName name_;
  const ClusterId cluster_;
  const std::string path_;
  std::unique_ptr<store::Seed> seed_;
  PeerSnapshotDecoder decoder_;
  std::optional<PeerSnapshotHeader> header_;
};

PeerSnapshotSink::PeerSnapshotSink(Disk& disk, StateDirectory& directory, ClusterId cluster, Installer& installer,
                                   Executor& slow, store::Options options)
    : disk_(disk),
      directory_(directory),
      cluster_(cluster),
      installer_(installer),
      slow_(slow),
      options_(std::move(options)) {}

PeerSnapshotSink::~PeerSnapshotSink() { drop(); }

Result<uint64_t> PeerSnapshotSink::begin(const peer::SnapshotName& name) {
  const std::lock_guard lock(mutex_);
  if (installing_) return Error{Code::kUnavailable, "a snapshot is being installed"};
  VIADUCT_TRY(installer_.admit(name));
  if (transfer_ && transfer_->name() == name) {
    VIADUCT_MARK("snapshot: a transfer is resumed");
    return transfer_->bytes();
  }
  if (transfer_ && !supersedes(name, transfer_->name())) {
    return Error{Code::kUnavailable, "another snapshot is on its way"};
  }
  drop();
  VIADUCT_TRY(start(name));
  return uint64_t{0};
}

Result<void> PeerSnapshotSink::start(const peer::SnapshotName& name) {
  VIADUCT_TRY_ASSIGN(path, directory_.make_room());
  VIADUCT_TRY_ASSIGN(seed, store::Seed::create(disk_, path));
  transfer_ = std::make_unique<Transfer>(name, cluster_, std::move(path), std::move(seed));
  log::info("a snapshot begins to come", {{"from", to_hex(name.sender.value)}, {"index", name.index.value}});
  return {};
}

// Files that cannot be removed now are removed before the next attempt, or at the next start.
void PeerSnapshotSink::drop() {
  if (!transfer_) return;
  VIADUCT_MARK("snapshot: a transfer is dropped");
  const std::string path = transfer_->path();
  transfer_.reset();
  if (const auto removed = remove_state(disk_, path); !removed) {
    log::warn("cannot remove what came of a snapshot", {{"path", path}, {"error", removed.error().message}});
  }
}

void PeerSnapshotSink::tidy() {
  {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || !transfer_) return;
  }
  slow_.post_function([this] { drop_unwanted(); });
}

void PeerSnapshotSink::drop_unwanted() {
  const std::lock_guard lock(mutex_);
  if (!transfer_ || installing_ || installer_.admit(transfer_->name())) return;
  VIADUCT_MARK("snapshot: a broken transfer is given up");
  drop();
}

Result<uint64_t> PeerSnapshotSink::write(const peer::SnapshotName& name, uint64_t offset, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  if (installing_) return Error{Code::kUnavailable, "a snapshot is being installed"};
  if (!transfer_ || transfer_->name() != name || transfer_->bytes() != offset) {
    return Error{Code::kInvalidArgument, "these are not the bytes that come next"};
  }
  if (Result<void> taken = transfer_->take(bytes); !taken) {
    drop();
    return std::move(taken).error();
  }
  return transfer_->bytes();
}

Result<void> PeerSnapshotSink::finish(const peer::SnapshotName& name) {
  std::unique_lock lock(mutex_);
  if (installing_) return Error{Code::kUnavailable, "a snapshot is being installed"};
  if (!transfer_ || transfer_->name() != name) return Error{Code::kInvalidArgument, "this snapshot is not on its way"};
  installing_ = true;
  lock.unlock();
  const auto build_and_install = [&]() -> Result<void> {
    VIADUCT_TRY(transfer_->finish());
    VIADUCT_TRY_ASSIGN(state, open(*transfer_));
    return install(std::move(state));
  };
  Result<void> installed = build_and_install();
  lock.lock();
  installing_ = false;
  if (installed) {
    transfer_.reset();
  } else {
    drop();
  }
  return installed;
}

// What the name and the header say, the state inside has to say as well (RB-25).
Result<ReceivedState> PeerSnapshotSink::open(const Transfer& transfer) const {
  store::Options options = options_;
  options.directory = transfer.path();
  options.standby = true;
  VIADUCT_TRY_ASSIGN(store, store::Store::open(disk_, options));
  {
    const store::Store::ReadLock lock(*store);
    const store::AppliedState applied = store->applied();
    const store::Numbers numbers = store->numbers();
    const PeerSnapshotHeader inside{.cluster = cluster_,
                                    .index = applied.index,
                                    .term = applied.term,
                                    .chain = applied.chain,
                                    .seq = numbers.seq,
                                    .revision = numbers.revision};
    if (inside != transfer.header()) return Error{Code::kCorrupt, "snapshot: the state is not what its header says"};
  }
  return ReceivedState{transfer.header(), std::move(store), retire(), &directory_, transfer.name().sender};
}

store::Store::Retire PeerSnapshotSink::retire() const {
  return [&disk = disk_, &slow = slow_, path = directory_.path()](std::unique_ptr<store::Store> old) {
    slow.post_function([&disk, path, old = std::move(old)]() mutable {
      old.reset();
      if (const auto removed = remove_state(disk, path); !removed) {
        log::warn("cannot remove the state that a snapshot replaced",
                  {{"path", path}, {"error", removed.error().message}});
      }
    });
  };
}

Result<void> PeerSnapshotSink::install(ReceivedState state) {
  const Index index = state.header.index;
  std::promise<Result<void>> promise;
  installer_.install(std::move(state), [&promise](Result<void> installed) { promise.set_value(std::move(installed)); });
  Result<void> installed = promise.get_future().get();
  if (installed) log::info("a snapshot was installed", {{"index", index.value}});
  return installed;
}

Result<void> ReceivedState::switch_over() {
  VIADUCT_TRY(store->status());
  VIADUCT_TRY(directory->switch_to_next());
  store->put_in_use();
  return {};
}

}  // namespace viaduct::server
