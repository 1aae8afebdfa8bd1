// Server reflection, v1 and v1alpha: what the server offers, told to tools that come without its schema.
// Shows the services of `methods` and the files they need, and nothing else that is linked in.
#pragma once

#include "v3/method.h"

namespace viaduct::v3 {

// Call it last: what is added to `methods` later is not shown. Borrows `methods`.
void add_reflection_methods(Methods& methods);

}  // namespace viaduct::v3
