// Which events a v2 watch sees (v2-api.md 2.5, left column, live and from history alike; bridge.md T8, INV-W12).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/record.h"
#include "store/store.h"

namespace viaduct::v3bridge {

struct V2Watch {
  std::string name;  // with the v2 root
  bool recursive = false;
};

// True if v2 shows this event to that watcher: not silent, not a refresh, not hidden below it, and its own path, below
// it when recursive, or a removed directory that took the watcher's path along.
bool matches(const store::Event& event, const V2Watch& watch);

// The newest seq that might concern this watch, from the live tree; everything after it surely does not. Takes a
// ReadLock itself. A watch with from > this parks at once; else the log has to be read from `from`.
Seq newest_relevant(const store::Store& store, const V2Watch& watch);

}  // namespace viaduct::v3bridge
