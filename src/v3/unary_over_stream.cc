#include "v3/unary_over_stream.h"

#include <functional>
#include <utility>

#include "v3/errors.h"

namespace viaduct::v3 {
namespace {

// What stream and answer know of each other. Either may go first, so both hold on to it.
struct Link {
  Call* stream;  // null: ended
  std::function<void()> when_gone;
};

// The call as the method sees it.
class Answer final : public Call {
 public:
  Answer(std::shared_ptr<Link> link, Call& stream)
      : link_(std::move(link)), loop_(stream.loop()), metadata_(stream.metadata()) {}
  ~Answer() override {
    if (!loop_.in_loop_thread()) return;  // no request is left to answer
    link_->when_gone = nullptr;
    finish(kStopped);
  }

  net::Loop& loop() override { return loop_; }
  const Metadata& metadata() const override { return metadata_; }
  void reply(const Message& response) override {
    if (link_->stream) link_->stream->send(response);
    finish({});
  }
  void send(const Message& response) override { reply(response); }
  void send_encoded(Bytes response, const Message& prototype) override {
    if (link_->stream) link_->stream->send_encoded(response, prototype);
    finish({});
  }
  void finish(Status status) override {
    if (Call* const stream = std::exchange(link_->stream, nullptr)) stream->finish(std::move(status));
  }
  bool is_open() const override { return link_->stream && link_->stream->is_open(); }
  void when_gone(std::function<void()> function) override { link_->when_gone = std::move(function); }
  size_t backlog() override { return 0; }
  void pause_input(bool) override {}

 private:
  const std::shared_ptr<Link> link_;
  net::Loop& loop_;
  const Metadata metadata_;
};

class Question final : public Inbound {
 public:
  Question(const Method& method, Call& call) : method_(method), call_(call) {}

  void on_message(Message& request) override {
    if (link_) return;  // one is all that is answered
    link_ = std::make_shared<Link>(Link{&call_, nullptr});
    method_.invoke(std::make_unique<Answer>(link_, call_), request);
  }
  void on_half_close() override {
    if (!link_) call_.finish({StatusCode::kUnknown, "EOF"});
  }
  void on_gone() override {
    if (!link_) return;
    link_->stream = nullptr;
    tell_method();
  }
  void on_drained() override {}
  void on_shutdown() override {
    if (!link_) return call_.finish(kStopped);
    tell_method();
  }

 private:
  void tell_method() {
    if (const auto told = std::exchange(link_->when_gone, nullptr)) told();
  }

  const Method& method_;
  Call& call_;
  std::shared_ptr<Link> link_;  // once asked
};

}  // namespace

std::unique_ptr<Inbound> open_unary(const Method& method, Call& call) {
  return std::make_unique<Question>(method, call);
}

}  // namespace viaduct::v3
