#pragma once

#include <vector>

#include "v3bridge/engine.h"

namespace viaduct::server {

// Where a member comes from, until its state knows the members: decided when its data directory is made, and kept
// there.
struct Founding {
  bool founds = true;                     // `members` are the voters of the empty log; else only whom to ask for it
  std::vector<v3bridge::Member> members;  // by id; this one among them, if it founds; empty: this one alone

  bool operator==(const Founding&) const = default;
};

}  // namespace viaduct::server
