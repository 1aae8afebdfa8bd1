// The Election service (v3-api.md 2.13): a key per candidate, and the oldest of a name leads with its value.
#pragma once

#include "v3/key_signals.h"
#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows all but the options.
void add_election_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options,
                          KeySignals& signals);

}  // namespace viaduct::v3
