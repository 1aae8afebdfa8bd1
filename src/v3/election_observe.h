// Election.Observe (v3-api.md 2.13): one stream shows who leads, each change of the leader's value, and each new
// leader.
//
// Watches the leader's key alone, or while nobody leads all keys of the name, and then looks at the state; so a value
// that changes while the leader changes, or while the client does not read, may not be shown.
// Threads: all on the loop of the call.
#pragma once

#include <memory>

#include "v3/call.h"
#include "v3/key_signals.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

std::unique_ptr<Inbound> observe_election(Call& call, v3bridge::Engine& engine, KeySignals& signals);

}  // namespace viaduct::v3
