#include "test/cluster/lease_checker.h"

#include <algorithm>

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;

Time::duration scaled(Time::duration time, double factor) {
  return std::chrono::duration_cast<Time::duration>(time * factor);
}

Time earliest_end(const LeaseLife& lease, const LeaseTimes& times) {
  return lease.renewed_since + scaled(lease.ttl, 1 - times.clock_error);
}

Time latest_end(const LeaseLife& lease, const LeaseTimes& times) {
  const Time::duration allowed = lease.ttl + 2 * times.election_timeout + 1s;
  return std::max(lease.maybe_renewed_until, times.healed) + scaled(allowed, 1 + times.clock_error) + times.slack;
}

const Event* end_of(const LeaseLife& lease, const Replay& replay) {
  const auto found =
      std::ranges::find_if(replay.log(), [&](const Event& event) { return event.key == lease.key && !event.version; });
  return found == replay.log().end() ? nullptr : &*found;
}

std::string named(const LeaseLife& lease) { return "lease " + std::to_string(lease.id) + " of " + lease.key; }

std::string milliseconds(Time::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

}  // namespace

void check_leases(const std::vector<LeaseLife>& leases, const LeaseTimes& times, const Replay& replay,
                  Violations& violations) {
  for (const LeaseLife& lease : leases) {
    if (!lease.key_was_put) continue;
    const Event* end = end_of(lease, replay);
    if (!end) {
      violations.add("INV-E2", named(lease) + " has not ended");
      continue;
    }
    const auto seen = times.first_seen.find(end->position);
    if (seen == times.first_seen.end()) continue;
    const Time earliest = earliest_end(lease, times), latest = latest_end(lease, times);
    if (seen->second < earliest) {
      violations.add("INV-E1", named(lease) + " ended " + milliseconds(earliest - seen->second) + " too early");
    }
    if (seen->second > latest) {
      violations.add("INV-E2", named(lease) + " ended " + milliseconds(seen->second - latest) + " too late");
    }
  }
}

Time all_expired_by(const std::vector<LeaseLife>& leases, const LeaseTimes& times) {
  Time latest = times.healed;
  for (const LeaseLife& lease : leases) latest = std::max(latest, latest_end(lease, times));
  return latest;
}

}  // namespace viaduct::cluster_test
