// A store in a directory of its own that can be closed and opened again, and the few writes that tests are made of.
#pragma once

#include <cassert>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "store/path.h"
#include "store/store.h"
#include "store/transaction.h"
#include "test/support/temporary_directory.h"

namespace viaduct::store {

class StoreFixture {
 public:
  explicit StoreFixture(uint64_t value_cache_bytes = 1 << 20, uint64_t recent_events_bytes = 1 << 20) {
    options_.directory = directory_.emplace().path() + "/state";
    options_.value_cache_bytes = value_cache_bytes;
    options_.recent_events_bytes = recent_events_bytes;
    reopen();
  }

  // On a disk of the test's own.
  StoreFixture(Disk& disk, Options options) : disk_(disk), options_(std::move(options)) { reopen(); }

  void reopen() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = Store::open(disk_, options_);
    assert(opened);
    store_ = *std::move(opened);
    const Store::ReadLock lock(*store_);
    applied_ = store_->applied();
  }

  // Goes on from what another store holds.
  void replace_with(std::unique_ptr<Store> next, Store::Retire retire = {}) {
    store_->replace_with(std::move(next), std::move(retire));
    const Store::ReadLock lock(*store_);
    applied_ = store_->applied();
  }

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }

  // One group of one transaction at `stamp`.
  template <typename Body>
  std::vector<EventPtr> transact(Body body) {
    store_->begin_group();
    {
      Transaction transaction = store_->begin(stamp, "tester");
      body(transaction);
    }
    return commit();
  }

  std::vector<EventPtr> commit() {
    applied_.index = applied_.index.next();
    applied_.term = Term(1);
    applied_.stamp = stamp;
    return store_->commit_group(applied_);
  }

  EventPtr put(std::string_view key, std::string_view value, LeaseId lease = {}) {
    return transact([&](Transaction& t) { append_put(t, key, value, lease); }).front();
  }

  EventPtr remove(std::string_view key) {
    return transact([&](Transaction& t) { append_delete(t, Family::kKey, key); }).front();
  }

  void compact(uint64_t revision) {
    store_->begin_group();
    const Result<void> done = store_->compact(Revision(revision));
    assert(done);
    commit();
  }

  void clean() {
    while (store_->compact_some(3)) {
    }
  }

  // As the bridge does it: the key, then the parents that are missing, then (on deletion) implicit ones that go.
  static void append_put(Transaction& t, std::string_view key, std::string_view value, LeaseId lease = {}) {
    t.begin_event();
    t.append({.key = key, .value = Blob(value), .lease = lease});
    append_missing_parents(t, key);
  }

  static void append_missing_parents(Transaction& t, std::string_view key) {
    if (!is_canonical_path(key)) return;
    for (size_t slash = key.find('/', 1); slash != std::string_view::npos; slash = key.find('/', slash + 1)) {
      const std::string_view path = key.substr(0, slash);
      if (!t.directory(path)) t.append({.family = Family::kDirectory, .key = path});
    }
  }

  static void append_delete(Transaction& t, Family family, std::string_view key) {
    t.begin_event();
    t.append({.family = family, .action = Action::kDelete, .key = key, .tombstone = true});
    if (!is_canonical_path(key)) return;
    for (std::string_view path = parent_path(key); !path.empty(); path = parent_path(path)) {
      const Entry* const directory = t.directory(path);
      if (!directory || directory->is_explicit() || directory->children() > 0) return;
      t.append({.family = Family::kDirectory, .action = Action::kDelete, .key = path, .tombstone = true});
    }
  }

  // What readers see.
  std::optional<NodeView> find(Family family, std::string_view key) {
    const Store::ReadLock lock(*store_);
    const Entry* const entry = store_->find(family, key);
    return entry ? std::optional(store_->view(*entry, stamp.cluster_ms)) : std::nullopt;
  }
  std::optional<NodeView> key(std::string_view name) { return find(Family::kKey, name); }
  std::optional<NodeView> directory(std::string_view name) { return find(Family::kDirectory, name); }

  std::string value(std::string_view name) {
    const std::optional<NodeView> node = key(name);
    if (!node) return "(none)";
    return std::string((node->value ? node->value : store_->load_value(node->id)).view());
  }

  Numbers numbers() {
    const Store::ReadLock lock(*store_);
    return store_->numbers();
  }

  std::vector<EventPtr> events_since(uint64_t from) {
    Result<std::vector<EventPtr>> events = store_->events_since(Seq(from), SIZE_MAX, SIZE_MAX);
    assert(events);
    return *std::move(events);
  }

  Stamp stamp{1'000, 1'700'000'000'000'000'000};

 private:
  PosixDisk posix_disk_;
  Disk& disk_ = posix_disk_;
  std::optional<TemporaryDirectory> directory_;
  Options options_;
  AppliedState applied_;
  std::unique_ptr<Store> store_;
};

}  // namespace viaduct::store
