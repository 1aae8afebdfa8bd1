#include "peer/snapshot_receiver.h"

#include <utility>

#include "net/loop.h"

namespace viaduct::peer {
namespace {

constexpr size_t kWaitingJobs = 4;

int status_of(Code code) {
  switch (code) {
    case Code::kAlreadyExists:
      return 409;
    case Code::kUnavailable:
    case Code::kTooManyRequests:
    case Code::kLocked:
      return 503;
    case Code::kInvalidArgument:
    case Code::kNotFound:
      return 412;
    case Code::kCorrupt:
      return 422;
    case Code::kCompacted:
    case Code::kFutureRevision:
    case Code::kTooLarge:
    case Code::kNoSpace:
    case Code::kIo:
      return 500;
  }
  return 500;
}

}  // namespace

SnapshotReceiver::SnapshotReceiver(SnapshotSink& sink) : sink_(sink), thread_([this] { run(); }) {}

SnapshotReceiver::~SnapshotReceiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotReceiver::handle(net::Request&& request, const Greeting& greeting, net::ReplyHandle handle) {
  const auto read = read_snapshot_request(request, greeting);
  if (!read) return answer(handle, {400, "malformed request"});
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() < kWaitingJobs) {
      jobs_.push_back({*read, std::move(request.body), handle});
      changed_.notify_one();
      return;
    }
  }
  answer(handle, {503, "too many requests"});
}

void SnapshotReceiver::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    answer(job.handle, perform(job));
  }
}

SnapshotReceiver::Answer SnapshotReceiver::perform(const Job& job) {
  const auto offset = [](const Result<uint64_t>& result) -> Answer {
    if (!result) return {status_of(result.error().code), result.error().message};
    return {200, std::to_string(*result)};
  };
  switch (job.request.step) {
    case SnapshotRequest::Step::kBegin:
      return offset(sink_.begin(job.request.name));
    case SnapshotRequest::Step::kWrite:
      if (crc32c(0, job.bytes) != job.request.checksum) return {400, "damaged chunk"};
      return offset(sink_.write(job.request.name, job.request.offset, job.bytes));
    case SnapshotRequest::Step::kFinish: {
      const Result<void> done = sink_.finish(job.request.name);
      if (!done) return {status_of(done.error().code), done.error().message};
      return {200, ""};
    }
  }
  return {500, ""};
}

void SnapshotReceiver::answer(net::ReplyHandle handle, Answer answer) {
  handle.loop->post_function([handle, answer = std::move(answer)]() mutable {
    net::Reply reply;
    reply.status = answer.status;
    reply.body = std::move(answer.text);
    handle.loop->reply(handle, std::move(reply));
  });
}

}  // namespace viaduct::peer
