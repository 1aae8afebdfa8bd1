// CC-6: what stands where the next frame should be, in the newest segment. An unfinished write may be cut; what was
// synced once must not be. The rules rest on FM-2: a lost sector of a zero-filled segment reads as zeros, and a frame
// is only written once the one before it is synced.
//
//   nothing but zeros behind                               clean
//   a later frame header or end mark behind                loss: it proves that the frame here was synced
//   the header's sector is zero (or still the end mark)    unfinished: the rest counts as part of that frame
//   a header, and the first bad record has a zero sector   unfinished
//   a header, and the first bad record has none            loss
//   a header that does not continue the log                loss
//   anything else                                          loss
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "wal/format.h"

namespace viaduct::wal {

enum class TailKind { kClean, kUnfinished, kLoss };

struct Tail {
  TailKind kind;
  uint64_t offset;     // kUnfinished: from here on; kLoss: of what gives it away
  uint64_t end;        // after the last byte that is not zero
  const char* reason;  // of a loss, else null
};

// `offset` is where the frame that `chain` expects should start and no whole one does. Beyond its end a segment counts
// as zero.
Tail judge_tail(Bytes segment, uint64_t offset, const Chain& chain);

}  // namespace viaduct::wal
