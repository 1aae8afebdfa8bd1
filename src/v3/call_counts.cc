#include "v3/call_counts.h"

namespace viaduct::v3 {

CallCounts::Sum CallCounts::sum(size_t method) const {
  Sum sum;
  counts_.each([&](const auto& of_methods) {
    const OfMethod& counts = of_methods[method];
    sum.started += counts.started.load(std::memory_order_relaxed);
    sum.received += counts.received.load(std::memory_order_relaxed);
    sum.sent += counts.sent.load(std::memory_order_relaxed);
    for (size_t code = 0; code < kCodes; ++code) sum.ended[code] += counts.ended[code].load(std::memory_order_relaxed);
  });
  return sum;
}

}  // namespace viaduct::v3
