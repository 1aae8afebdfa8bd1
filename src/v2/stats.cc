#include "v2/stats.h"

#include <algorithm>

#include "viaduct/command.pb.h"

namespace viaduct::v2 {

RequestStats::Totals RequestStats::totals(Kind kind) const {
  Totals totals;
  counts_.each([&](const Table& table) {
    const Counts& counts = table[static_cast<size_t>(kind)];
    totals.received += counts.received.load(std::memory_order_relaxed);
    for (size_t i = 0; i < kStatuses.size(); ++i) totals.failed[i] += counts.failed[i].load(std::memory_order_relaxed);
    totals.durations.add(counts.durations.sample());
  });
  return totals;
}

size_t RequestStats::slot_of(int status) {
  const auto* const found = std::find(kStatuses.begin(), kStatuses.end(), status);
  return found == kStatuses.end() ? kStatuses.size() - 1 : static_cast<size_t>(found - kStatuses.begin());
}

std::array<WriteTotals, 6> write_totals(const v3bridge::ApplyCounts& counts) {
  const auto of = [&](const char* action, V2Write::Operation operation) {
    return WriteTotals{action, counts.v2_success[operation], counts.v2_failure[operation]};
  };
  WriteTotals create = of("create", V2Write::CREATE);
  create.success += counts.v2_success[V2Write::CREATE_IN_ORDER];
  create.failure += counts.v2_failure[V2Write::CREATE_IN_ORDER];
  return {of("set", V2Write::SET),
          of("delete", V2Write::DELETE),
          of("update", V2Write::UPDATE),
          create,
          of("compareAndSwap", V2Write::COMPARE_AND_SWAP),
          of("compareAndDelete", V2Write::COMPARE_AND_DELETE)};
}

}  // namespace viaduct::v2
