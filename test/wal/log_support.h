// Small logs on a FakeDisk, for the tests of src/wal.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/support/fake_disk.h"
#include "wal/wal.h"

namespace viaduct::wal {

inline const std::string kDirectory = "/wal";

inline Options small_options(uint64_t segment_bytes = 4096) {
  Options options;
  options.identity = Identity{ClusterId(0xc1), MemberId(0xa1)};
  options.segment_bytes = segment_bytes;
  return options;
}

// Data that says which entry it is of, and never holds a zero.
inline std::string data_of(uint64_t index, size_t bytes) {
  std::string data = std::to_string(index) + ":";
  while (data.size() < bytes) data.push_back(static_cast<char>('a' + (index + data.size()) % 26));
  data.resize(bytes);
  return data;
}

inline Entry entry(uint64_t index, uint64_t term = 1, size_t bytes = 20) {
  return Entry{Term(term), Index(index), EntryType::kCommand, data_of(index, bytes)};
}

inline std::vector<Entry> entries(uint64_t from, uint64_t to, uint64_t term = 1, size_t bytes = 20) {
  std::vector<Entry> list;
  for (uint64_t index = from; index < to; ++index) list.push_back(entry(index, term, bytes));
  return list;
}

inline HardState hard_state(uint64_t term, uint64_t vote, uint64_t commit) {
  return HardState{Term(term), MemberId(vote), Index(commit)};
}

inline Mark mark_at(uint64_t index, uint64_t term = 1) { return Mark{Index(index), Term(term)}; }

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (!result) FAIL(result.error().message);
}

inline std::vector<Entry> all_entries(const Wal& wal) {
  if (wal.first_index() > wal.last_index()) return {};
  return must(wal.read(wal.first_index(), wal.last_index().next(), UINT64_MAX));
}

inline std::unique_ptr<Wal> create(Disk& disk, Random& random, const Options& options = small_options()) {
  return must(Wal::create(disk, kDirectory, options, random));
}

inline Wal::Opened open(Disk& disk, Random& random, const Options& options = small_options()) {
  return must(Wal::open(disk, kDirectory, options, random));
}

inline std::vector<EntryPtr> shared(const std::vector<Entry>& list) {
  std::vector<EntryPtr> result;
  for (const Entry& each : list) result.push_back(std::make_shared<const Entry>(each));
  return result;
}

inline void append_synced(Wal& wal, const std::vector<Entry>& list, const std::optional<HardState>& state = {}) {
  must(wal.append(shared(list), state));
  must(wal.sync());
}

inline std::string content_of(Disk& disk, uint64_t sequence) {
  return must(read_file(disk, segment_path(kDirectory, sequence), UINT64_MAX));
}

inline void fill(std::string& content, uint64_t from, uint64_t to, char byte) {
  content.replace(from, to - from, to - from, byte);
}

// Puts a file of this content in the place of a segment.
inline void replace_segment(Disk& disk, uint64_t sequence, Bytes content) {
  const std::string path = segment_path(kDirectory, sequence);
  if (must(disk.exists(path))) must(disk.remove(path));
  must(must(disk.open(path, OpenMode::kCreate))->write_at(0, content));
}

}  // namespace viaduct::wal
