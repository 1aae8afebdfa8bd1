#include "v3/keep_alive.h"

#include <memory>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"
#include "v3/renewals.h"
#include "v3/service.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::LeaseKeepAliveRequest;
using etcdserverpb::LeaseKeepAliveResponse;

// What one stream may have asked and not been told, and what it may have been told and not read.
constexpr size_t kMaxUnanswered = 1000;
constexpr size_t kMaxUnreadBytes = 64 << 10;

// What a stream shares with its renewals under way, which may outlive it.
class Answers final : public Renewals::Asker {
 public:
  Answers(v3bridge::Engine& engine, Call& call) : engine_(engine), call_(&call) {}

  void asked() { ++unanswered_; }
  void half_closed() {
    half_closed_ = true;
    finish_if_done();
  }
  void stop(Status status) {
    if (Call* const call = std::exchange(call_, nullptr)) call->finish(std::move(status));
  }
  void forget_call() { call_ = nullptr; }

  // Takes no more from a client that asks faster than it reads, or than the log can renew.
  void pace() {
    if (call_) call_->pause_input(unanswered_ >= kMaxUnanswered || call_->backlog() > kMaxUnreadBytes);
  }

  void renewed(const Renewals::Answer& answer) override {
    if (!call_) return;
    LeaseKeepAliveResponse response;
    fill_header(engine_, answer.revision, *response.mutable_header());
    response.set_id(static_cast<int64_t>(answer.id.value));
    response.set_ttl(static_cast<int64_t>(answer.ttl_seconds));
    call_->send(response);
    --unanswered_;
    pace();
    finish_if_done();
  }
  void failed(const Status& status) override { stop(status); }

 private:
  void finish_if_done() {
    if (half_closed_ && unanswered_ == 0) stop({});
  }

  v3bridge::Engine& engine_;
  Call* call_;  // null once the stream has ended
  size_t unanswered_ = 0;
  bool half_closed_ = false;
};

class KeepAlive final : public Inbound {
 public:
  KeepAlive(v3bridge::Engine& engine, Renewals& renewals, Call& call)
      : renewals_(renewals), loop_(call.loop()), answers_(std::make_shared<Answers>(engine, call)) {}
  ~KeepAlive() override { answers_->forget_call(); }

  void on_message(Message& message) override {
    const LeaseId id(static_cast<uint64_t>(static_cast<LeaseKeepAliveRequest&>(message).id()));
    answers_->asked();
    if (!renewals_.add(id, loop_, answers_)) return answers_->stop(kTooManyRequests);
    answers_->pace();
  }
  void on_half_close() override { answers_->half_closed(); }
  void on_gone() override { answers_->forget_call(); }
  void on_drained() override { answers_->pace(); }
  void on_shutdown() override { answers_->stop(kStopped); }

 private:
  Renewals& renewals_;
  net::Loop& loop_;
  const std::shared_ptr<Answers> answers_;  // renewals under way hold on to it as well
};

}  // namespace

void add_keep_alive_method(Methods& methods, v3bridge::Engine& engine) {
  const auto renewals = std::make_shared<Renewals>(engine);  // the method's, which outlives every call
  methods.add_stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
      Method::Kind::kBidirectional, "/etcdserverpb.Lease/LeaseKeepAlive", {"/lease/keepalive"},
      [&engine, renewals](Call& call) { return std::make_unique<KeepAlive>(engine, *renewals, call); });
}

}  // namespace viaduct::v3
