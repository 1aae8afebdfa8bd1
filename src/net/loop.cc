#include "net/loop.h"

#include <cassert>
#include <utility>

#include "net/loop_core.h"

namespace viaduct::net {

Loop::Loop(const Clock& clock, const Limits& limits, Counters& counters)
    : core_(std::make_unique<LoopCore>(*this, clock, limits, counters)) {}

Loop::~Loop() = default;

void Loop::start() { core_->start_thread(); }
void Loop::stop() { core_->stop_thread(); }
bool Loop::in_loop_thread() const { return core_->in_thread(); }
void Loop::post(std::unique_ptr<Task> task) { core_->post(std::move(task)); }
void Loop::sweep() { core_->sweep(); }
size_t Loop::connection_count() const { return core_->connection_count(); }

void Loop::begin_shutdown(std::chrono::milliseconds grace, std::function<void()> done) {
  core_->begin_shutdown(grace, std::move(done));
}

// The connection, if it lives and its client takes what it is owed.
Connection* Loop::speak_on(const ReplyHandle& handle) {
  assert(in_loop_thread());
  Connection* connection = core_->find(handle.slot, handle.generation);
  if (!connection) return nullptr;
  core_->mark_dirty(handle.slot, *connection);
  return connection->may_say_more(handle.stream) ? connection : nullptr;
}

void Loop::reply(const ReplyHandle& handle, Reply&& reply) {
  Connection* connection = speak_on(handle);
  if (connection) connection->codec().reply(handle.stream, std::move(reply));
  observe(handle, nullptr);
}

void Loop::start_stream(const ReplyHandle& handle, StreamHead&& head) {
  if (Connection* connection = speak_on(handle)) connection->codec().start_stream(handle.stream, std::move(head));
}

void Loop::stream_chunk(const ReplyHandle& handle, const Blob& bytes) {
  if (Connection* connection = speak_on(handle)) connection->codec().stream_chunk(handle.stream, bytes);
}

void Loop::end_stream(const ReplyHandle& handle, ReplyHeaders trailers) {
  Connection* connection = speak_on(handle);
  if (connection) connection->codec().end_stream(handle.stream, std::move(trailers));
  observe(handle, nullptr);
}

void Loop::reset(const ReplyHandle& handle, uint32_t http2_error_code) {
  Connection* connection = speak_on(handle);
  if (connection) connection->codec().reset(handle.stream, http2_error_code);
  observe(handle, nullptr);
}

void Loop::pause_body(const ReplyHandle& handle, bool paused) {
  Connection* connection = core_->find(handle.slot, handle.generation);
  if (!connection) return;
  connection->codec().pause_body(handle.stream, paused);
  core_->mark_dirty(handle.slot, *connection);
}

void Loop::upgrade(const ReplyHandle& handle, ReplyHeaders headers) {
  if (Connection* connection = speak_on(handle)) connection->codec().upgrade(handle.stream, std::move(headers));
}

Loop::TimerId Loop::start_timer(TimePoint at, std::function<void()> function) {
  assert(in_loop_thread());
  return core_->start_timer(at, std::move(function));
}

void Loop::cancel_timer(TimerId id) { core_->cancel_timer(id); }
TimePoint Loop::now() const { return core_->now(); }

void Loop::observe(const ReplyHandle& handle, StreamObserver* observer) { core_->observe(handle, observer); }

bool Loop::is_open(const ReplyHandle& handle) const {
  Connection* connection = core_->find(handle.slot, handle.generation);
  if (!connection || connection->closed()) return false;
  if (connection->codec().is_open(handle.stream)) return true;
  connection->codec().forget(handle.stream);
  return false;
}

size_t Loop::stream_backlog(const ReplyHandle& handle) {
  Connection* connection = core_->find(handle.slot, handle.generation);
  return connection ? connection->backlog(handle.stream) : 0;
}

}  // namespace viaduct::net
