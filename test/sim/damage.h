// Damage to what a member has on its disk (FM-6), of the kinds that can be told from a power cut.
#pragma once

#include <optional>
#include <string>

#include "test/sim/dice.h"
#include "test/support/fake_disk.h"
#include "wal/types.h"

namespace viaduct::sim {

struct Stored {
  std::string log, state;  // directories
  wal::Identity identity;
};

// Bends a bit, empties a sector or cuts off the end of some file, for good, and says which. Nothing: there was no file,
// or the log would have passed for one whose last write was never finished, and is as it was.
std::optional<std::string> damage(FakeDisk& disk, const Stored& stored, Dice& dice);

}  // namespace viaduct::sim
