#include "v3/snapshot_service.h"

#include <utility>

#include "base/log.h"
#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"
#include "v3/snapshot_job.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::SnapshotRequest;
using etcdserverpb::SnapshotResponse;

constexpr size_t kChunkBytes = 32'768;  // as etcd cuts it

Status status_of(const Error& error) {
  if (error.code == Code::kTooManyRequests) return kTooManyRequests;
  log::warn("snapshot: given up", {{"error", error.message}});
  const StatusCode code = error.code == Code::kNoSpace ? StatusCode::kResourceExhausted : StatusCode::kInternal;
  return {code, "etcdserver: " + error.message};
}

class SnapshotStream final : public Inbound {
 public:
  SnapshotStream(Call& call, v3bridge::Engine& engine, snapshot::Desk& desk, const std::string& version)
      : call_(call),
        engine_(engine),
        version_(version),
        shared_(std::make_shared<Shared>(this, desk, engine.store())) {}
  ~SnapshotStream() override { leave(); }

  void on_message(Message&) override { build(); }
  void on_half_close() override {}
  void on_gone() override { leave(); }
  void on_drained() override {
    if (shared_) read();
  }
  void on_shutdown() override { end(kStopped); }

 private:
  // What work elsewhere holds on to. `stream` is of the loop alone: null once nobody waits any more.
  struct Shared {
    Shared(SnapshotStream* s, snapshot::Desk& desk, const store::Store& store) : stream(s), job(desk, store) {}
    SnapshotStream* stream;
    snapshot::Job job;
  };

  // Runs `work(job)` on a reader, then `(this->*then)(its result)` here.
  template <typename Work, typename Value>
  void run(Work work, void (SnapshotStream::*then)(Value)) {
    engine_.readers().post_function([shared = shared_, &loop = call_.loop(), work, then] {
      auto result = std::make_shared<Result<Value>>(work(shared->job));
      loop.post_function([shared, result, then] {
        if (SnapshotStream* const stream = shared->stream) stream->go_on(std::move(*result), then);
      });
    });
  }
  template <typename Value>
  void go_on(Result<Value> result, void (SnapshotStream::*then)(Value)) {
    if (!result) return end(status_of(result.error()));
    (this->*then)(*std::move(result));
  }

  void build() {
    run([](snapshot::Job& job) { return job.build_step(); }, &SnapshotStream::built);
  }
  void built(bool more) {
    if (more) return build();
    remaining_bytes_ = shared_->job.bytes();
    read();
  }

  void read() {
    run([](snapshot::Job& job) { return job.read_block(); }, &SnapshotStream::send);
  }
  void send(std::string block) {
    for (size_t at = 0; at < block.size(); at += kChunkBytes) say(Bytes(block).substr(at, kChunkBytes));
    if (remaining_bytes_ == 0) {
      say(shared_->job.digest());
      return end(Status());
    }
    if (call_.backlog() == 0) read();  // else on_drained()
  }

  void say(Bytes chunk) {
    SnapshotResponse response;
    if (remaining_bytes_ > 0) remaining_bytes_ -= chunk.size();
    response.set_remaining_bytes(remaining_bytes_);
    response.set_blob(chunk.data(), chunk.size());
    response.set_version(version_);
    call_.send(response);
  }

  void end(Status status) {
    if (!shared_) return;
    leave();
    call_.finish(std::move(status));
  }

  // To give the blocks of a large file back takes a while: a reader does it.
  void leave() {
    if (!shared_) return;
    shared_->stream = nullptr;
    engine_.readers().post_function([shared = std::move(shared_)] {});
    shared_.reset();
  }

  Call& call_;
  v3bridge::Engine& engine_;
  const std::string& version_;
  std::shared_ptr<Shared> shared_;  // null once the stream has ended
  uint64_t remaining_bytes_ = 0;
};

// What the method holds on to.
struct Service {
  Service(v3bridge::Engine& e, Disk& disk, const Release& release, SnapshotOptions options)
      : engine(e),
        version(release.snapshot_names_version() ? "3." + std::to_string(release.minor()) + ".0" : ""),
        desk(disk, std::move(options.directory), options.reserve_bytes, options.at_once) {}

  v3bridge::Engine& engine;
  const std::string version;
  snapshot::Desk desk;
};

}  // namespace

void add_snapshot_method(Methods& methods, v3bridge::Engine& engine, Disk& disk, const Release& release,
                         SnapshotOptions options) {
  const auto service = std::make_shared<Service>(engine, disk, release, std::move(options));
  methods.add_stream<SnapshotRequest, SnapshotResponse>(
      Method::Kind::kServerStream, "/etcdserverpb.Maintenance/Snapshot", {"/maintenance/snapshot"},
      [service](Call& call) -> std::unique_ptr<Inbound> {
        return std::make_unique<SnapshotStream>(call, service->engine, service->desk, service->version);
      });
}

}  // namespace viaduct::v3
