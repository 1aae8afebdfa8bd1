#include "v3/unknown_errors.h"

#include <utility>

namespace viaduct::v3 {
namespace {

class UnknownErrors final : public Call {
 public:
  explicit UnknownErrors(std::unique_ptr<Call> call) : call_(std::move(call)) {}

  net::Loop& loop() override { return call_->loop(); }
  const Metadata& metadata() const override { return call_->metadata(); }
  void reply(const Message& response) override { call_->reply(response); }
  void send(const Message& response) override { call_->send(response); }
  void send_encoded(Bytes response, const Message& prototype) override { call_->send_encoded(response, prototype); }
  void finish(Status status) override { call_->finish({StatusCode::kUnknown, std::move(status.message)}); }
  bool is_open() const override { return call_->is_open(); }
  void when_gone(std::function<void()> function) override { call_->when_gone(std::move(function)); }
  size_t backlog() override { return call_->backlog(); }
  void pause_input(bool paused) override { call_->pause_input(paused); }

 private:
  const std::unique_ptr<Call> call_;
};

}  // namespace

std::unique_ptr<Call> with_unknown_errors(std::unique_ptr<Call> call) {
  return std::make_unique<UnknownErrors>(std::move(call));
}

}  // namespace viaduct::v3
