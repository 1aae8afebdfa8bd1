// What Maintenance.Downgrade answers (v3-api.md 2.9). There is only one format of data here, so that a downgrade can be
// validated, and never begins.
// Pure.
#pragma once

#include <string_view>

#include "v3/status.h"

namespace etcdserverpb {
class DowngradeRequest;
}

namespace viaduct::v3 {

// `cluster_version` is "3.5.0".
Status check_downgrade(const etcdserverpb::DowngradeRequest& request, std::string_view cluster_version);

}  // namespace viaduct::v3
