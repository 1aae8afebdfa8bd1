#include "v3/lease_grant.h"

#include <algorithm>

#include "base/random.h"
#include "store/lease.h"

namespace viaduct::v3 {

LeaseId pick_lease_id(const v3bridge::Engine& engine) {
  SystemRandom random;
  for (;;) {
    const LeaseId id(random.below(store::kFirstV2LeaseId));
    const store::Store::ReadLock lock(engine.store());
    if (id && !engine.store().find_lease(id)) return id;
  }
}

int64_t effective_ttl_seconds(int64_t asked, const ServiceOptions& options) {
  const int64_t least_ms = (3 * options.election_timeout.count() + 1) / 2;
  return std::max(asked, (least_ms + 999) / 1000);
}

}  // namespace viaduct::v3
