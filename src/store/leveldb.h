// The one place that talks to LevelDB: batches, look-ups, cursors and frozen views over its ordered keys.
//
// It runs over our own Env, and its logs are checked before each open (CC-10).
// Errors:  open() reports what it finds. Until make_failures_fatal() nobody relies on the database: status() and the
//          calls named try_... tell of the first failure, and what cannot be read is as if it were not there. From
//          then on any failure, of a read too, is fatal(): what LevelDB holds is the state, and a state that cannot
//          be read cannot be trusted (CC-4, INV-A7).
// Threads: write() on one thread; barrier() and reads on any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/result.h"

namespace leveldb {
class DB;
class Iterator;
class Snapshot;
class Status;
class WriteBatch;
}  // namespace leveldb

namespace viaduct::store {

class LeveldbEnv;

class Database {
 public:
  static constexpr size_t kWriteBufferBytes = 8 << 20;
  static Result<std::unique_ptr<Database>> open(Disk& disk, const std::string& directory,
                                                size_t write_buffer_bytes = kWriteBufferBytes);
  ~Database();

  // Changes that happen together or not at all.
  class Batch {
   public:
    Batch();
    ~Batch();
    void put(Bytes key, Bytes value);
    void erase(Bytes key);
    void clear();

   private:
    friend class Database;
    std::unique_ptr<leveldb::WriteBatch> batch_;
  };
  void write(Batch& batch);  // not synced
  void barrier();            // everything written before it is durable when it returns
  Result<void> try_write(Batch& batch);
  Result<void> try_barrier();
  Result<void> status() const;  // the first failure; kCorrupt for bytes that are not what was written
  void make_failures_fatal();   // one from before, too

  // Everything as it was when the view was made. Lives no longer than the database.
  class View {
   public:
    explicit View(const Database& database);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

   private:
    friend class Database;
    const Database& database_;
    const leveldb::Snapshot* snapshot_;
  };
  std::optional<std::string> get(Bytes key, const View* view = nullptr) const;

  enum class Reading { kFew, kAll };  // kAll leaves the block cache alone
  // Walks keys upwards; begins nowhere: seek() first.
  class Cursor {
   public:
    Cursor(const Database& database, const View* view, Reading reading);
    ~Cursor();
    void seek(Bytes key);  // to the first key at or above
    bool valid() const;
    void next();
    Bytes key() const;  // valid until the next move
    Bytes value() const;

   private:
    void check();
    const Database& database_;
    std::unique_ptr<leveldb::Iterator> iterator_;
    bool is_valid_ = false;
  };

 private:
  explicit Database(Disk& disk);
  Result<void> write(Batch& batch, bool sync);
  void failed(const Error& error) const;
  bool can_read(const leveldb::Status& status) const;

  std::atomic<bool> failures_are_fatal_{false};
  mutable std::mutex mutex_;
  mutable std::optional<Error> failed_read_;  // the first
  std::unique_ptr<LeveldbEnv> env_;           // outlives db_
  std::unique_ptr<leveldb::DB> db_;
};

}  // namespace viaduct::store
