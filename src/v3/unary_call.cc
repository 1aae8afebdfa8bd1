#include "v3/unary_call.h"

#include <utility>

#include "v3/errors.h"

namespace viaduct::v3 {

// Learns that nobody waits any more: the client went, the server stops, or the deadline passed.
class UnaryCall::Watch final : public net::StreamObserver {
 public:
  void on_gone(net::ReplyHandle) override { tell(); }
  void on_drained(net::ReplyHandle) override {}
  void on_shutdown(net::ReplyHandle) override { tell(); }
  bool ends_with_input() const override { return bool(function); }

  // May destroy this.
  void tell() {
    if (const std::function<void()> told = std::exchange(function, nullptr)) told();
  }

  std::function<void()> function;
  std::optional<net::Loop::TimerId> deadline;
  bool expired = false;
};

UnaryCall::UnaryCall(Dispatch& dispatch, const Method& method, net::ReplyHandle handle, Metadata&& metadata,
                     std::optional<std::chrono::nanoseconds> timeout, std::shared_ptr<const UnaryWire> wire)
    : dispatch_(dispatch), method_(method), handle_(handle), metadata_(std::move(metadata)), wire_(std::move(wire)) {
  if (timeout) start_deadline(*timeout);
}

void UnaryCall::start_deadline(std::chrono::nanoseconds timeout) {
  watch_ = std::make_shared<Watch>();
  const auto expire = [&dispatch = dispatch_, number = method_.number, handle = handle_, wire = wire_, watch = watch_] {
    const Status status = wire->deadline_exceeded();
    watch->deadline.reset();
    watch->expired = true;
    dispatch.counts().ended(number, status.code);
    handle.loop->reply(handle, wire->failure(status, Speaker::kWire));
    watch->tell();
  };
  watch_->deadline = loop().start_timer(loop().now() + timeout, expire);
}

UnaryCall::~UnaryCall() {
  if (!loop().in_loop_thread()) return;  // no request is left to answer
  if (is_open()) finish(kStopped);
  if (!answered_ && !(watch_ && watch_->expired)) ended(StatusCode::kCancelled);
  if (!watch_) return;
  watch_->function = nullptr;
  loop().observe(handle_, nullptr);
  if (watch_->deadline) loop().cancel_timer(*watch_->deadline);
}

void UnaryCall::reply(const Message& response) {
  if (is_open()) answer(wire_->success(response));
}

void UnaryCall::send_encoded(Bytes response, const Message& prototype) {
  if (is_open()) answer(wire_->success_encoded(response, prototype));
}

void UnaryCall::answer(net::Reply reply) {
  ended(StatusCode::kOk);
  dispatch_.counts().sent(method_.number);
  loop().reply(handle_, std::move(reply));
}

void UnaryCall::finish(Status status) {
  if (!is_open()) return;
  ended(status.code);
  loop().reply(handle_, wire_->failure(status, Speaker::kMethod));
}

void UnaryCall::ended(StatusCode code) {
  answered_ = true;
  dispatch_.counts().ended(method_.number, code);
}

void UnaryCall::when_gone(std::function<void()> function) {
  if (!watch_) watch_ = std::make_shared<Watch>();
  watch_->function = std::move(function);
  loop().observe(handle_, watch_.get());
}

}  // namespace viaduct::v3
