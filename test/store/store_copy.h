// A second store with all that one holds, as another member gets it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "store/copy.h"
#include "store/seed.h"
#include "store/store.h"

namespace viaduct::store {

inline void seed_with_copy(const Store& store, Disk& disk, const std::string& directory) {
  Result<std::unique_ptr<Seed>> seed = Seed::create(disk, directory);
  REQUIRE(seed);
  const std::unique_ptr<Copy> copy = store.copy();
  for (std::vector<Copy::Row> rows = copy->next_rows(); !rows.empty(); rows = copy->next_rows()) {
    for (const Copy::Row& row : rows) (*seed)->put_row(row.key, row.value);
  }
  (*seed)->put_installed(copy->applied().index);
  REQUIRE((*seed)->finish());
}

inline std::unique_ptr<Store> copy_of(const Store& store, Disk& disk, const std::string& directory) {
  seed_with_copy(store, disk, directory);
  Options options;
  options.directory = directory;
  Result<std::unique_ptr<Store>> opened = Store::open(disk, options);
  REQUIRE(opened);
  return *std::move(opened);
}

}  // namespace viaduct::store
