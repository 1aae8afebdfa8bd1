#include "peer/out_stream.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "peer/frame_codec.h"
#include "peer/wait_for.h"

namespace viaduct::peer {
namespace {

constexpr int kOk = 200;
constexpr size_t kKeptFrames = 16 << 10;  // room for so many is not given back after a burst

}  // namespace

OutStream::OutStream(StreamKind kind, const LinksOptions& options, OutStreamOwner& owner)
    : kind_(kind), options_(options), owner_(owner) {}

OutStream::~OutStream() {
  stop();
  join();
}

void OutStream::start() {
  if (thread_.joinable()) return;
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

void OutStream::stop() {
  stopping_ = true;
  cancellation_.cancel();
}

void OutStream::join() {
  if (thread_.joinable()) thread_.join();
}

void OutStream::dial_now() {
  {
    const std::lock_guard lock(mutex_);
    dial_now_ = true;
  }
  wake_.signal();
}

void OutStream::send(Frame&& frame) {
  const size_t weight = weight_of(frame);
  bool wake = false;
  bool tell = false;
  bool fits = false;
  {
    const std::lock_guard lock(mutex_);
    fits = connected_ && queued_bytes_ + weight <= options_.queued_bytes[static_cast<size_t>(kind_)];
    if (fits) {
      queue_.push_back(std::move(frame));
      queued_bytes_ += weight;
      wake = std::exchange(sleeping_, false);
    } else {
      tell = !std::exchange(dropping_, true);
      unreported_ = !tell;
    }
  }
  if (wake) wake_.signal();
  if (fits) return;
  owner_.lost(1, is_append(frame) ? 1 : 0);
  if (tell) owner_.dropped();
}

void OutStream::run() {
  while (!stopping_) {
    const Clock::time_point start = Clock::now();
    const bool was_up = dial_all();
    if (was_up && Clock::now() - start >= options_.redial_most) delay_ = {};
    if (!stopping_) wait_to_redial();
  }
  running_ = false;
}

// Tries every URL once; true once one of them gave a stream, when that has ended.
bool OutStream::dial_all() {
  bool all_absent = true;
  DialFailure failure;
  for (const std::string& url : owner_.urls()) {
    if (dial(url, failure)) return true;
    if (stopping_) return false;
    all_absent = all_absent && failure.is_absence();
  }
  if (!failure) return false;  // no URL, or a peer that will not have us
  owner_.not_reached(kind_, failure.message);
  if (all_absent) owner_.absent();
  return false;
}

bool OutStream::dial(const std::string& url, DialFailure& failure) {
  HttpClient client(url, http_options(options_, cancellation_));
  HttpRequest handshake;
  const std::string query = std::string("?kind=").append(name_of(kind_));
  handshake.method = "POST";
  handshake.target = std::string(kHandshakePath) + query;
  handshake.headers = greeting_headers(options_.identity, owner_.peer());
  const HttpReply reply = client.send(handshake);
  failure = reply.failure;
  if (failure) return false;
  if (reply.status != kOk) {
    owner_.refused(kind_, reply);
    return false;
  }
  HttpRequest stream;
  stream.method = "POST";
  stream.target = std::string(kStreamPath) + query;
  stream.headers = greeting_headers(options_.identity, owner_.peer());
  stream.headers.emplace_back(kTokenHeader, reply.body);
  stream.content_type = "application/octet-stream";
  bool was_up = false;
  failure = client
                .stream(stream,
                        [&](HttpBody& body) {
                          was_up = true;
                          serve(body, url);
                        })
                .failure;
  return was_up;
}

void OutStream::serve(HttpBody& body, const std::string& url) {
  connect(true);
  owner_.stream_up(kind_, url);
  while (!stopping_ && next_batch(body)) {
    const uint64_t bytes = batch_.size() - HttpBody::kChunkHeadBytes;
    const Clock::time_point start = Clock::now();
    if (!body.write(batch_)) break;
    owner_.wrote(kind_, batch_appends_, bytes, Clock::now() - start);
  }
  connect(false);
  owner_.stream_down(kind_, body.failure());
}

// What was queued for a connection is lost with it: raft finds out what arrived.
void OutStream::connect(bool connected) {
  std::vector<Frame> lost;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    connected_ = connected;
    lost.swap(queue_);
    queued_bytes_ = 0;
    sleeping_ = false;
    if (connected) {
      tell = std::exchange(unreported_, false);
      dropping_ = false;
    } else {
      tell = !std::exchange(dropping_, true) && !stopping_;
    }
  }
  const size_t left = sending_.size() - sent_;
  owner_.lost(lost.size() + left,
              static_cast<uint64_t>(
                  std::ranges::count_if(lost, is_append) +
                  std::count_if(sending_.end() - static_cast<std::ptrdiff_t>(left), sending_.end(), is_append)));
  sending_.clear();
  sent_ = 0;
  if (tell) owner_.dropped();
}

void OutStream::report_drops() {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    tell = std::exchange(unreported_, false);
  }
  if (tell) owner_.dropped();
}

// Waits for something to say; a keep-alive when there is nothing. False: the connection is lost.
bool OutStream::next_batch(HttpBody& body) {
  if (batch_.capacity() > 2 * options_.batch_bytes) batch_ = std::string();
  batch_.assign(HttpBody::kChunkHeadBytes, '\0');
  batch_appends_ = 0;
  const Clock::time_point silent_since = Clock::now();
  while (!take_queued()) {
    report_drops();
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - silent_since);
    if (silent >= options_.keep_alive) {
      append_keep_alive(batch_);
      return true;
    }
    if (!body.wait(wake_.descriptor(), options_.keep_alive - silent)) return false;
    wake_.clear();
    if (stopping_) return false;
  }
  encode_batch();
  return true;
}

// True when there is something to send; otherwise the next frame wakes this thread.
bool OutStream::take_queued() {
  if (sent_ < sending_.size()) return true;
  if (sending_.capacity() > kKeptFrames) std::vector<Frame>().swap(sending_);
  sending_.clear();
  sent_ = 0;
  const std::lock_guard lock(mutex_);
  sending_.swap(queue_);
  sleeping_ = sending_.empty();
  if (sleeping_) dropping_ = false;
  return !sleeping_;
}

void OutStream::encode_batch() {
  size_t weight = 0;
  uint64_t unsayable = 0;
  while (sent_ < sending_.size() && batch_.size() < options_.batch_bytes) {
    Frame& frame = sending_[sent_++];
    weight += weight_of(frame);
    if (!append_frame(batch_, frame)) ++unsayable;
    batch_appends_ += is_append(frame) ? 1 : 0;
    frame = Checkpoint();  // lets its entries go
  }
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= weight;
  }
  if (unsayable == 0) return;
  owner_.lost(unsayable, 0);
  owner_.dropped();
}

// The first try is made at once, then the pauses double up to a limit, each shortened by up to a half at random, so
// that members that lost each other together do not dial in step.
void OutStream::wait_to_redial() {
  const auto pause = delay_.count() == 0 ? delay_ : delay_ / 2 + delay_ * static_cast<int>(jitter_() % 512) / 1024;
  delay_ = std::clamp(delay_ * 2, options_.redial_first, options_.redial_most);
  const Clock::time_point until = Clock::now() + pause;
  for (;;) {
    report_drops();
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(dial_now_, false)) return;
    }
    if (wait_for(wake_.descriptor(), POLLIN, &cancellation_, until) != Waited::kReady) return;
    wake_.clear();
  }
}

}  // namespace viaduct::peer
