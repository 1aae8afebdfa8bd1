#include "peer/snapshot_transfer.h"

#include <poll.h>

#include <utility>

#include "base/bytes.h"
#include "peer/wait_for.h"

namespace viaduct::peer {
namespace {

constexpr int kOk = 200;
constexpr int kNotWanted = 409;
constexpr int kDamaged = 400;
constexpr int kElsewhere = 412;
constexpr int kBusy = 503;

Error failed(const std::string& what) { return {Code::kUnavailable, "snapshot: " + what}; }

std::string reason_of(const HttpReply& reply) {
  return reply.ok() ? std::to_string(reply.status) + " " + reply.body : reply.failure.message;
}

// Worth another try: nothing was answered, or the peer is busy with something that may end.
bool may_pass(const HttpReply& reply) { return !reply.ok() || reply.status == kBusy; }

}  // namespace

SnapshotTransfer::SnapshotTransfer(const LinksOptions& options, const Peer& to, SnapshotSource& source,
                                   TokenBucket& bucket, const Cancellation& cancellation)
    : options_(options),
      to_(to),
      source_(source),
      bucket_(bucket),
      cancellation_(cancellation),
      progress_at_(Clock::now()) {}

Result<Index> SnapshotTransfer::run() {
  VIADUCT_TRY_ASSIGN(offset, begin());
  while (!has_all_) {
    VIADUCT_TRY(advance_to(offset));
    if (source_done_) {
      VIADUCT_TRY(finish());
      break;
    }
    VIADUCT_TRY_ASSIGN(end, write(offset));
    offset = end;
  }
  return source_.name().index;
}

// Asks, again and again if need be, from where the member wants bytes.
Result<uint64_t> SnapshotTransfer::begin() {
  for (;;) {
    const HttpReply reply = ask(Step::kBegin, 0);
    if (reply.ok() && reply.status == kNotWanted) {
      has_all_ = true;
      return 0;
    }
    if (reply.ok() && reply.status == kOk) {
      if (const auto offset = read_decimal(reply.body)) return *offset;
      return failed("an answer without an offset");
    }
    if (!may_pass(reply)) return failed(reason_of(reply));
    if (Clock::now() - progress_at_ > options_.snapshot_patience) return failed(reason_of(reply));
    VIADUCT_TRY(pause());
  }
}

// Makes chunk_ the one that `offset` lies in.
Result<void> SnapshotTransfer::advance_to(uint64_t offset) {
  if (offset < chunk_at_) return failed("the member wants again what it had acknowledged");
  while (!source_done_ && offset >= chunk_at_ + chunk_.size()) {
    chunk_at_ += chunk_.size();
    VIADUCT_TRY_ASSIGN(next, source_.next());
    chunk_ = std::move(next);
    source_done_ = chunk_.empty();
  }
  if (source_done_ && offset != chunk_at_) return failed("the member has more than there is");
  return {};
}

// The end that the member acknowledges; after a broken connection whatever it then asks for.
Result<uint64_t> SnapshotTransfer::write(uint64_t offset) {
  VIADUCT_TRY(pace(chunk_at_ + chunk_.size() - offset));
  const HttpReply reply = ask(Step::kWrite, offset);
  const bool again = may_pass(reply) || reply.status == kDamaged || reply.status == kElsewhere;
  if (again) {
    if (Clock::now() - progress_at_ > options_.snapshot_patience) return failed(reason_of(reply));
    VIADUCT_TRY(pause());
    return begin();
  }
  const auto end = reply.status == kOk ? read_decimal(reply.body) : std::nullopt;
  if (!end || *end <= offset) return failed(reason_of(reply));
  progress_at_ = Clock::now();
  return *end;
}

// Installing takes its time. When the answer was lost, beginning again tells whether it was installed.
Result<void> SnapshotTransfer::finish() {
  for (;;) {
    const HttpReply reply = ask(Step::kFinish, 0);
    if (reply.ok() && reply.status == kOk) return {};
    if (!may_pass(reply)) return failed(reason_of(reply));
    VIADUCT_TRY(pause());
    VIADUCT_TRY_ASSIGN(offset, begin());
    if (has_all_) return {};
    if (offset != chunk_at_) return failed("the member has lost what it had acknowledged");
  }
}

HttpReply SnapshotTransfer::ask(Step step, uint64_t offset) {
  HttpReply reply;
  if (to_.urls.empty()) {
    reply.failure = {DialFailure::Kind::kBadUrl, "no URL"};
    return reply;
  }
  if (!client_) client_ = std::make_unique<HttpClient>(to_.urls[url_], http_options(options_, cancellation_));
  HttpRequest request;
  request.method = "POST";
  request.target = snapshot_target(step, offset);
  request.headers = greeting_headers(options_.identity, to_.id);
  request.headers.emplace_back(kSnapshotHeader, snapshot_header(source_.name()));
  request.content_type = "application/octet-stream";
  request.answer_timeout = step == Step::kFinish ? options_.snapshot_install_time : options_.write_timeout;
  if (step == Step::kWrite) {
    request.body = chunk_.substr(offset - chunk_at_);
    request.headers.emplace_back(kChecksumHeader, to_hex(crc32c(0, request.body)));
  }
  reply = client_->send(request);
  if (!reply.ok()) {  // another URL, another chance
    client_.reset();
    url_ = (url_ + 1) % to_.urls.size();
  }
  return reply;
}

Result<void> SnapshotTransfer::pause() {
  const Clock::time_point until = Clock::now() + options_.redial_first * 2;
  if (wait_for(-1, 0, &cancellation_, until) == Waited::kCancelled) return failed("stopped");
  return {};
}

Result<void> SnapshotTransfer::pace(uint64_t bytes) {
  const Clock::time_point at = bucket_.reserve(bytes, Clock::now());
  if (wait_for(-1, 0, &cancellation_, at) == Waited::kCancelled) return failed("stopped");
  return {};
}

}  // namespace viaduct::peer
