// The Auth service while authentication is off (v3-api.md 2.11): users, roles and grants can be prepared, and nobody is
// asked who they are. Turning it on is refused as not implemented.
#pragma once

#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows the engine. `bcrypt_cost` (4 to 31) is that of new passwords; they are hashed on engine.readers().
void add_auth_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, int bcrypt_cost);

}  // namespace viaduct::v3
