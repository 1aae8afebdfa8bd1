// Everything replicated as it stood after one group, read slice by slice while writes go on: what a snapshot is made
// of.
// Promise:   numbers, tables and records are of the same moment; records that compaction at that moment had left behind
//            are left out, whatever compact_some() had got to.
// Ownership: borrows the store. Holds disk space: what the store forgets meanwhile stays until this goes.
// Threads:   one at a time, any but the apply thread; next() stays under the read lock for one slice.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace viaduct::store {

class Copy {
 public:
  virtual ~Copy() = default;

  virtual const Numbers& numbers() const = 0;
  virtual const AppliedState& applied() const = 0;

  // The rows of all tables but the log, byte for byte as Seed takes them; what is local to this member is left out.
  using VisitRow = std::function<Result<void>(Bytes key, Bytes value)>;
  virtual Result<void> each_row(const VisitRow& visit) const = 0;
  // Leases with a row of their own, by id; the others stand in the newest records of what is attached to them.
  virtual Result<void> each_lease(const std::function<Result<void>(const Lease&)>& visit) const = 0;
  // Rows of the small replicated tables whose names begin with `prefix`, which is taken off.
  virtual Result<void> each_named(Bytes prefix, const VisitRow& visit) const = 0;

  struct Kept {
    Record record;
    bool is_newest;  // of its name, at this moment
    bool is_state;   // at the compaction point its name had it
  };
  // The next records, oldest first; empty at the end.
  virtual std::vector<Kept> next() = 0;

  // The next rows of all tables, the log's among them, in order of key, about a megabyte at a time; empty at the end.
  // Byte for byte as Seed takes them; what is local to this member is left out. Not together with next().
  struct Row {
    std::string key, value;
  };
  virtual std::vector<Row> next_rows() = 0;

  // True if a record may be of a key of this name.
  virtual bool knows_key(std::string_view key) const = 0;
};

}  // namespace viaduct::store
