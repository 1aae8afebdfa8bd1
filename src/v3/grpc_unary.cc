#include "v3/grpc_unary.h"

#include <optional>
#include <utility>

#include "v3/errors.h"
#include "v3/grpc_message.h"

namespace viaduct::v3 {

// Learns that nobody waits any more: the client went, the server stops, or the deadline passed.
class GrpcUnary::Watch final : public net::StreamObserver {
 public:
  void on_gone(net::ReplyHandle) override { tell(); }
  void on_drained(net::ReplyHandle) override {}
  void on_shutdown(net::ReplyHandle) override { tell(); }

  // May destroy this.
  void tell() {
    if (const std::function<void()> told = std::exchange(function, nullptr)) told();
  }

  std::function<void()> function;
  std::optional<net::Loop::TimerId> deadline;
  bool expired = false;
};

GrpcUnary::GrpcUnary(Dispatch& dispatch, const Method& method, net::ReplyHandle handle, GrpcHead&& head)
    : dispatch_(dispatch), method_(method), handle_(handle), head_(std::move(head)) {
  if (head_.timeout) start_deadline();
}

void GrpcUnary::start_deadline() {
  watch_ = std::make_shared<Watch>();
  const auto expire = [&dispatch = dispatch_, number = method_.number, handle = handle_, subtype = head_.subtype,
                       watch = watch_] {
    const Status status = dispatch.deadline_exceeded();
    watch->deadline.reset();
    watch->expired = true;
    dispatch.counts().ended(number, status.code);
    handle.loop->reply(handle, grpc_trailers_only(subtype, status));
    watch->tell();
  };
  watch_->deadline = loop().start_timer(loop().now() + *head_.timeout, expire);
}

GrpcUnary::~GrpcUnary() {
  if (!loop().in_loop_thread()) return;  // no request is left to answer
  if (is_open()) finish(kStopped);
  if (!answered_ && !(watch_ && watch_->expired)) ended(StatusCode::kCancelled);
  if (!watch_) return;
  watch_->function = nullptr;
  loop().observe(handle_, nullptr);
  if (watch_->deadline) loop().cancel_timer(*watch_->deadline);
}

void GrpcUnary::reply(const Message& response) {
  if (is_open()) answer(frame_of(response));
}

void GrpcUnary::send_encoded(Bytes response, const Message&) {
  if (is_open()) answer(frame_of_encoded(response));
}

void GrpcUnary::answer(std::string frame) {
  ended(StatusCode::kOk);
  dispatch_.counts().sent(method_.number);
  net::Reply reply;
  reply.headers = grpc_headers(head_.subtype);
  reply.body = std::move(frame);
  reply.trailers = grpc_trailers({});
  reply.bare = true;
  loop().reply(handle_, std::move(reply));
}

void GrpcUnary::finish(Status status) {
  if (!is_open()) return;
  ended(status.code);
  loop().reply(handle_, grpc_trailers_only(head_.subtype, status));
}

void GrpcUnary::ended(StatusCode code) {
  answered_ = true;
  dispatch_.counts().ended(method_.number, code);
}

void GrpcUnary::when_gone(std::function<void()> function) {
  if (!watch_) watch_ = std::make_shared<Watch>();
  watch_->function = std::move(function);
  loop().observe(handle_, watch_.get());
}

}  // namespace viaduct::v3
