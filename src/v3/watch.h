// One watch of a stream, as its group and its stream know it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ids.h"

namespace viaduct::v3 {

class WatchGroup;
class WatchStream;

// What a watch wants to be told of the events in its range.
struct WatchView {
  bool prev_kv = false;
  bool no_put = false;
  bool no_delete = false;

  static constexpr size_t kKinds = 8;
  size_t kind() const { return size_t{prev_kv} | size_t{no_put} << 1 | size_t{no_delete} << 2; }
  bool wants(bool deletion) const { return deletion ? !no_delete : !no_put; }
};

struct Watch {
  enum class State : uint8_t {
    kLive,     // its group tells it
    kBehind,   // waits for a reader, or for its client
    kReading,  // on a reader thread
    kEnded,    // compaction took its ground; the id is taken until the client cancels it
  };

  uint64_t token = 0;  // of its loop, never used again
  int64_t id = 0;      // of its stream
  WatchStream* stream = nullptr;
  WatchGroup* group = nullptr;  // null: ended
  Seq next;                     // it was told of all before that; whole revisions, but for what its range leaves out
  Revision start;               // events before that are not for it
  size_t unsent_bytes = 0;      // said since its stream was last drained
  uint32_t drained = 0;         // which time that was
  uint32_t place = 0;           // among the live watches of its group
  State state = State::kBehind;
  WatchView view;
  bool fragment = false;
  bool progress_notify = false;
  bool told = false;  // anything since the last progress notice was due
};

}  // namespace viaduct::v3
