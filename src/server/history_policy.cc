#include "server/history_policy.h"

#include <algorithm>

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kSampleEvery{10};
constexpr uint64_t kSampleEvents = 10'000;  // a sample at least this often, so that the caps can be met closely
constexpr std::chrono::minutes kRevisionPeriod{5};

}  // namespace

std::optional<Revision> HistoryPolicy::due(std::chrono::nanoseconds now, const store::Numbers& numbers,
                                           uint64_t appended_bytes) {
  if (settings_.mode == AutoCompaction::Mode::kOff) return std::nullopt;
  remember(now, numbers, appended_bytes);
  std::optional<Revision> target;
  switch (settings_.mode) {
    case AutoCompaction::Mode::kOff:
      break;
    case AutoCompaction::Mode::kBounded:
      target = bounded(now, numbers, appended_bytes);
      break;
    case AutoCompaction::Mode::kPeriodic:
      target = periodic(now);
      break;
    case AutoCompaction::Mode::kRevision:
      target = by_revision(now, numbers);
      break;
  }
  if (!target || *target <= numbers.compacted_revision) return std::nullopt;
  while (!samples_.empty() && samples_.front().revision <= *target) samples_.pop_front();
  return target;
}

void HistoryPolicy::remember(std::chrono::nanoseconds now, const store::Numbers& numbers, uint64_t appended_bytes) {
  const bool wanted = samples_.empty() || now - samples_.back().time >= kSampleEvery ||
                      numbers.seq.value - samples_.back().seq.value >= kSampleEvents;
  if (wanted) samples_.push_back({now, numbers.revision, numbers.seq, appended_bytes});
}

std::optional<Revision> HistoryPolicy::bounded(std::chrono::nanoseconds now, const store::Numbers& numbers,
                                               uint64_t appended_bytes) {
  const uint64_t kept = numbers.seq.value - numbers.compacted_seq.value;
  const uint64_t kept_bytes = samples_.empty() ? 0 : appended_bytes - samples_.front().bytes;
  std::optional<Revision> target;
  for (const Sample& sample : samples_) {
    const uint64_t behind = numbers.seq.value - sample.seq.value;  // events kept if compacted here
    const bool old = now - sample.time >= kAge && behind >= kWantedEvents;
    const bool over_events = kept > kMaxEvents && behind >= kMaxEvents - kSampleEvents;
    const bool over_bytes = kept_bytes > max_bytes_ && appended_bytes - sample.bytes >= max_bytes_ / 2;
    if (behind < kMinEvents || !(old || over_events || over_bytes)) break;
    target = sample.revision;
  }
  return target;
}

std::optional<Revision> HistoryPolicy::periodic(std::chrono::nanoseconds now) {
  if (!is_time(now, std::min<std::chrono::nanoseconds>(settings_.age, std::chrono::hours(1)))) return std::nullopt;
  std::optional<Revision> target;
  for (const Sample& sample : samples_) {
    if (now - sample.time < settings_.age) break;
    target = sample.revision;
  }
  return target;
}

std::optional<Revision> HistoryPolicy::by_revision(std::chrono::nanoseconds now, const store::Numbers& numbers) {
  if (!is_time(now, kRevisionPeriod) || numbers.revision.value <= settings_.revisions) return std::nullopt;
  return Revision(numbers.revision.value - settings_.revisions);
}

bool HistoryPolicy::is_time(std::chrono::nanoseconds now, std::chrono::nanoseconds period) {
  if (!last_run_) last_run_ = now;
  if (now - *last_run_ < period) return false;
  last_run_ = now;
  return true;
}

}  // namespace viaduct::server
