#include "test/cluster/watch_checker.h"

#include <algorithm>

namespace viaduct::cluster_test {
namespace {

std::vector<Event> due(const Watched& watched, uint64_t last, const Replay& replay) {
  std::vector<Event> events;
  for (const Event& event : replay.log()) {
    const bool in_range = event.position >= watched.first && event.position <= last;
    if (in_range && event.key.starts_with(watched.prefix)) events.push_back(event);
  }
  return events;
}

void check_order_of_positions(const Watched& watched, Violations& violations) {
  uint64_t before = 0;  // the last position of the response before
  for (const std::vector<Event>& response : watched.responses) {
    uint64_t last = 0;
    for (const Event& event : response) {
      if (event.position < last || event.position < before) {
        violations.add("INV-W1", watched.name + " went back to " + describe(event));
      } else if (event.position == before) {
        violations.add("INV-W4", watched.name + " got one position in two parts or twice: " + describe(event));
      }
      last = event.position;
    }
    before = std::max(before, last);
  }
}

}  // namespace

void check_watch(const Watched& watched, uint64_t last, const Replay& replay, Violations& violations) {
  check_order_of_positions(watched, violations);
  std::vector<Event> got;
  for (const std::vector<Event>& response : watched.responses) got.insert(got.end(), response.begin(), response.end());
  std::erase_if(got, [last](const Event& event) { return event.position > last; });
  const std::vector<Event> wanted = due(watched, last, replay);
  const auto [here, there] = std::ranges::mismatch(got, wanted);
  if (here == got.end() && there == wanted.end()) return;
  violations.add("INV-W3", watched.name + " from " + std::to_string(watched.first) + ": event " +
                               std::to_string(here - got.begin()) + " of " + std::to_string(wanted.size()) +
                               " should be " + (there == wanted.end() ? "none" : describe(*there)) + " and is " +
                               (here == got.end() ? "none" : describe(*here)));
}

}  // namespace viaduct::cluster_test
