// Writes the database of a store that does not exist yet, from rows and records that a Copy gave or that others made.
// Applied state, membership and the like come later, by groups of the store itself.
// Nothing is checked here: Store::open() finds whatever contradicts itself.
// Promise: durable once finish() succeeded.
// Threads: one at a time.
// Errors:  kAlreadyExists from create() if there is a database. The first write that fails is what status() and
//          finish() answer from then on, and nothing more is written.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "store/store.h"

namespace viaduct::store {

class Seed {
 public:
  static Result<std::unique_ptr<Seed>> create(Disk& disk, const std::string& directory);
  ~Seed();

  // Of what comes twice, the later counts.
  void put_empty();  // a store without records
  void put(const Record& record);
  void put_lease(const Lease& lease);
  void put_named(Bytes name, Bytes value);  // of the small replicated tables
  void put_row(Bytes key, Bytes value);     // of any table, as Copy::each_row() shows it
  void put_installed(Index index);          // Store::is_as_installed() will say so while this is what is applied
  Result<void> status() const;
  Result<void> finish();

 private:
  struct Parts;
  explicit Seed(std::unique_ptr<Parts> parts);
  void write();

  std::unique_ptr<Parts> parts_;
};

}  // namespace viaduct::store
