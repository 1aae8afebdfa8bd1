// What a command may add to the state, as the quota counts it before proposing and NOSPACE before applying
// (v3-api.md 2.5, "Size and quota"). Puts in nested txns count like others.
#pragma once

#include <cstdint>

namespace viaduct {
class Command;
}

namespace viaduct::v3bridge {

// Bytes, roughly. 0: passes without space, since it makes room, or does not grow the state at all.
uint64_t space_cost(const Command& command);

}  // namespace viaduct::v3bridge
