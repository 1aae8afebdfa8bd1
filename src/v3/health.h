// The gRPC health checking protocol (v3-api.md 2.14): the server as a whole, named "", serves for as long as it runs,
// as etcd has it; alarms and a missing leader are /health's business. It knows no other service.
#pragma once

#include "v3/method.h"

namespace viaduct::v3 {

void add_health_methods(Methods& methods);

}  // namespace viaduct::v3
