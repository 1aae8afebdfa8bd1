// The small objects that LevelDB is handed: our files to read from, our lock, our log; and our errors in its words.
// Ownership: each takes what it is made of, and belongs to the caller, who passes it on to LevelDB.
#pragma once

#include <leveldb/env.h>

#include <memory>

#include "base/disk.h"

namespace viaduct::store {

leveldb::Status status_of(const Error& error);

template <typename T>
leveldb::Status status_of(const Result<T>& result) {
  return result ? leveldb::Status::OK() : status_of(result.error());
}

std::unique_ptr<leveldb::SequentialFile> make_sequential_file(std::unique_ptr<File> file);
std::unique_ptr<leveldb::RandomAccessFile> make_random_access_file(std::unique_ptr<File> file);
std::unique_ptr<leveldb::FileLock> make_file_lock(std::unique_ptr<FileLock> lock);
std::unique_ptr<leveldb::Logger> make_debug_logger();  // writes to our log, at debug

}  // namespace viaduct::store
