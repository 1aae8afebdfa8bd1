// What the services have in common: their settings, response headers, and the ways a call waits for the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "v3/call.h"
#include "v3/dispatch.h"
#include "v3/errors.h"
#include "v3/release.h"
#include "v3bridge/engine.h"

namespace etcdserverpb {
class ResponseHeader;
}

namespace viaduct::v3 {

struct ServiceOptions {
  static constexpr uint64_t kNoQuota = std::numeric_limits<uint64_t>::max();

  Release release{"3.5.21"};
  uint64_t max_txn_ops = 128;
  uint64_t max_request_bytes = 1'572'864;
  uint64_t quota_bytes = 2ull << 30;
  uint64_t max_leases = 10'000'000;
  std::chrono::milliseconds election_timeout{1000};
  uint64_t max_learners = 1;
};

// All four fields (v3-api.md 2.2).
void fill_header(const v3bridge::Engine& engine, Revision revision, etcdserverpb::ResponseHeader& header);
// Head and compaction floor; takes the ReadLock.
store::Numbers current_numbers(const store::Store& store);

// Whether a request of `bytes`, encoded, fits into the log.
Status check_request_size(size_t bytes, const ServiceOptions& options);

// Whether a response of `bytes`, encoded, can be sent: protobuf and gRPC clients take less than 2 GiB.
Status check_response_size(size_t bytes);

// What a call is told that waited in vain: that its time ran out; or, where etcd would have passed it on to the leader,
// that there is none, for which clients that require one look out.
enum class InVain { kTimedOut, kLacksLeader };
Status status_of(const v3bridge::Engine& engine, const v3bridge::Outcome& outcome, InVain in_vain);

// What waits for the log with the call whose answer depends on it. `next(call, outcome)` runs on the call's loop,
// unless the outcome is a failure: then the call fails with it.
template <typename Next>
class CallDone final : public v3bridge::Completion {
 public:
  CallDone(const v3bridge::Engine& engine, std::unique_ptr<Call> call, Next next, InVain in_vain)
      : Completion(call->loop()), engine_(engine), call_(std::move(call)), next_(std::move(next)), in_vain_(in_vain) {}

  void done(v3bridge::Outcome outcome) override {
    if (Status status = status_of(engine_, outcome, in_vain_); !status.ok()) return call_->fail(std::move(status));
    next_(std::move(call_), std::move(outcome));
  }

 private:
  const v3bridge::Engine& engine_;
  std::unique_ptr<Call> call_;
  Next next_;
  const InVain in_vain_;
};

// Takes `command` through the log. `request_bytes` is the size of the request it came from.
template <typename Next>
void propose(v3bridge::Engine& engine, const ServiceOptions& options, std::unique_ptr<Call> call, size_t request_bytes,
             Command&& command, Next next, InVain in_vain = InVain::kTimedOut) {
  if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
  if (Status status = check_request_size(request_bytes, options); !status.ok()) return call->fail(std::move(status));
  engine.propose(std::move(command),
                 std::make_unique<CallDone<Next>>(engine, std::move(call), std::move(next), in_vain));
}

// Runs `next(call)` once all that was acknowledged before is applied here: at once where that is so already.
template <typename Next>
void when_current(v3bridge::Engine& engine, std::unique_ptr<Call> call, Next next, InVain in_vain = InVain::kTimedOut) {
  if (engine.reads_are_current()) return next(std::move(call));
  auto go = [next = std::move(next)](std::unique_ptr<Call> waited, const v3bridge::Outcome&) mutable {
    next(std::move(waited));
  };
  engine.read_barrier(std::make_unique<CallDone<decltype(go)>>(engine, std::move(call), std::move(go), in_vain));
}

// Runs `make(response)` on a reader thread, where it may block on the disk, and answers with what it made; or fails
// with the status it gives.
template <typename Response, typename Make>
void answer_from_reader(v3bridge::Engine& engine, std::unique_ptr<Call> call, Make make) {
  engine.readers().post_function([waiting = std::move(call), make = std::move(make)]() mutable {
    Response response;
    Status status = make(response);
    if (status.ok()) status = check_response_size(response.ByteSizeLong());
    std::string encoded = status.ok() ? response.SerializeAsString() : std::string();
    net::Loop& loop = waiting->loop();
    loop.post_function([waiting = std::move(waiting), status = std::move(status), encoded = std::move(encoded)] {
      if (!status.ok()) return waiting->fail(status);
      waiting->send_encoded(encoded, Response::default_instance());
    });
  });
}

}  // namespace viaduct::v3
