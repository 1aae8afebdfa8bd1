// What a member knows of losses of its own, and the way on from them. One that finds its log damaged, and still knows
// for whom it has voted (wal/ballot.h), goes on under its id behind its state, or behind nothing: it stays out of
// elections and counts for nothing until a leader has brought back all that was committed (CC-12). One that turns out
// to lack what it once acknowledged, without having noticed, has to be replaced (RB-38).
//
//   <data-dir>/quarantine := "quarantined\n" | "lost\n"      no file: the log is whole
//
// Errors: the disk's; kCorrupt when not even the vote is known.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"
#include "server/node_options.h"
#include "wal/wal.h"

namespace viaduct::server {

enum class LogStanding { kWhole, kQuarantined, kLost };

Result<LogStanding> read_standing(Disk& disk, const std::string& directory);
Result<void> write_standing(Disk& disk, const std::string& directory, LogStanding standing);  // durable when it returns

// Of the member whose data this is.
wal::Options wal_options(const NodeOptions& options);

// Puts an empty log behind `last`, the newest entry that the state holds, in place of what is left of the log, whose
// segments stay beside it as "*.wal.damaged". After a crash at any time the next start finds a loss again.
Result<void> enter_quarantine(Disk& disk, Random& random, const NodeOptions& options, const wal::Mark& last);

// That a member lacks what it acknowledged, and what to do about it.
std::string lost_log_text(MemberId id);

}  // namespace viaduct::server
