// CC-6: what stands where the next frame should be, in the newest segment. An unfinished write may be cut; what was
// synced once must not be. The rules rest on the fault model: a frame is only written once the one before it is synced;
// a power cut loses sectors, which then read as zeros (FM-2); a write that fails may be cut short anywhere (FM-3),
// while decay flips bits or takes whole sectors (FM-6). First match:
//
//   nothing but zeros (behind an end mark)                    clean
//   a later frame header or end mark behind                   loss: it proves that the frame here was synced
//   the header's sector is zero (behind an end mark)          unfinished: the rest counts as part of that frame
//   the beginning of a header or end mark, then zeros         unfinished: the write was cut short
//   no header                                                 loss
//   a header that does not continue the log                   loss
//   a header; zeros from before the frame's last crc on       unfinished: the write was cut short
//   a header; the first bad record touches a sector of zeros  unfinished
//   a header; it touches none                                 loss
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

// `offset` is where the frame that `chain` expects should start and no whole one does.
Tail judge_tail(Bytes segment, uint64_t offset, const Chain& chain);

}  // namespace viaduct::wal
