// A database directory of LevelDB as a crash or decay leaves it: manifest and logs are written by the book, as the
// input says, and then perhaps damaged. Without damage an unbroken sequence of batches is kept whole; with it a prefix
// is, or the directory is refused; and what was let pass once is let pass again, uncut.
#include <cassert>
#include <cstdint>
#include <string>
#include <vector>

#include "store/leveldb_log_check.h"
#include "store/leveldb_log_reader.h"
#include "test/fuzz/input.h"
#include "test/store/leveldb_log_writer.h"
#include "test/support/fake_disk.h"

namespace viaduct::store {
namespace {

const std::string kDirectory = "/state";
const std::string kManifest = kDirectory + "/MANIFEST-000001";

template <typename T>
T must(Result<T> result) {
  assert(result);
  return std::move(result).value();
}
void must(const Result<void>& result) { assert(result); }

void put_file(Disk& disk, const std::string& path, Bytes content) {
  must(must(disk.open(path, OpenMode::kCreate))->write_at(0, content));
}

std::vector<std::string> payloads_in(Disk& disk, const std::string& path) {
  const auto file = must(disk.open(path, OpenMode::kRead));
  LeveldbLogReader reader(*file);
  std::vector<std::string> payloads;
  while (must(reader.next())) payloads.push_back(reader.payload());
  assert(!must(reader.next()));
  assert(reader.good_bytes() <= must(file->size()));
  return payloads;
}

std::string edit(uint64_t first_live_log, uint64_t last_sequence, Bytes more) {
  std::string bytes;
  put_varint(bytes, 1);
  put_length_prefixed(bytes, "leveldb.BytewiseComparator");
  put_varint(bytes, 2);
  put_varint(bytes, first_live_log);
  put_varint(bytes, 4);
  put_varint(bytes, last_sequence);
  return bytes.append(more);
}

std::string batch(uint64_t sequence, uint32_t count, size_t bytes) {
  std::string data;
  put_le64(data, sequence);
  put_le32(data, count);
  return data.append(bytes, 'c');
}

std::string log_path(uint64_t number) { return kDirectory + "/" + std::to_string(100000 + number) + ".log"; }

// What the directory was given, in order; the files are numbered from `first_log` on.
struct Written {
  std::vector<std::string> edits;
  std::vector<std::vector<std::string>> logs;
  uint64_t first_log = 100000;
  uint64_t last_sequence = 0;
  uint64_t batches = 0;
  bool unbroken = true;
};

Written write_directory(Disk& disk, fuzz::Input& input) {
  must(disk.create_directory(kDirectory));
  Written written;
  const uint64_t before = input.byte();
  uint64_t next = before + 1;
  for (uint64_t logs = 1 + input.below(3), number = 0; number < logs; ++number) {
    LeveldbLogWriter log;
    written.logs.emplace_back();
    for (uint64_t batches = 1 + input.below(4); batches > 0; --batches) {
      const uint64_t skipped = input.below(16) == 1 ? 1 + input.below(3) : 0;
      if (skipped > 0) written.unbroken = false;
      next += skipped;
      const uint32_t count = static_cast<uint32_t>(1 + input.below(3));
      const size_t bytes = input.below(8) == 1 ? 32768 + input.byte() * 8 : input.byte();
      written.logs.back().push_back(batch(next, count, bytes));
      log.add(written.logs.back().back());
      next += count;
      if (written.unbroken) written.last_sequence = next - 1;
      ++written.batches;
    }
    put_file(disk, log_path(number), log.bytes());
  }
  LeveldbLogWriter manifest;
  for (uint64_t edits = 1 + input.below(2); edits > 0; --edits) {
    written.edits.push_back(edit(written.first_log, before, edits == 1 ? Bytes() : Bytes("\x03\x05\x09\x00", 4)));
    manifest.add(written.edits.back());
  }
  put_file(disk, kManifest, manifest.bytes());
  put_file(disk, kDirectory + "/CURRENT", "MANIFEST-000001\n");
  return written;
}

// Whether a checksum is sure to show it.
bool damage(Disk& disk, fuzz::Input& input) {
  const std::vector<std::string> names = must(disk.list(kDirectory));
  if (names.empty()) return true;
  const std::string path = join_path(kDirectory, names[input.below(names.size())]);
  std::string content = must(read_file(disk, path, UINT64_MAX));
  if (content.empty()) return true;
  const uint64_t at = (uint64_t{input.byte()} << 8 | input.byte()) % content.size();
  const auto file = must(disk.open(path, OpenMode::kWrite));
  const uint64_t kind = input.below(5);
  switch (kind) {
    case 0:
      must(file->write_at(at, std::string(1, static_cast<char>(content[at] ^ 1 << input.below(8)))));
      break;
    case 1:
      must(file->write_at(at, std::string(std::min<uint64_t>(512, content.size() - at), '\0')));
      break;
    case 2:
      must(file->truncate(at));
      break;
    case 3:
      must(disk.remove(path));
      break;
    default:  // what a stranger may have put there
      must(file->write_at(at, input.prefixed()));
  }
  return kind < 4;
}

// A log lost its end, or all of it; nothing is in it that was not.
void check_prefix(Disk& disk, const Written& written) {
  bool ended = false;
  for (size_t i = 0; i < written.logs.size(); ++i) {
    const bool there = must(disk.exists(log_path(i)));
    const std::vector<std::string> found = there ? payloads_in(disk, log_path(i)) : std::vector<std::string>();
    assert(!ended || found.empty());
    assert(found.size() <= written.logs[i].size());
    assert(std::equal(found.begin(), found.end(), written.logs[i].begin()));
    ended = ended || found.size() < written.logs[i].size();
  }
}

void check(fuzz::Input& input) {
  FakeDisk disk;
  const Written written = write_directory(disk, input);
  const uint64_t damages = input.below(4);
  bool is_evident = true;
  for (uint64_t i = 0; i < damages; ++i) is_evident = damage(disk, input) && is_evident;
  const auto checked = check_leveldb_logs(disk, kDirectory);
  if (!checked) {
    assert(damages > 0 && checked.error().code == Code::kCorrupt);
    return;
  }
  if (damages == 0) {
    assert(checked->has_database && !checked->manifest_cut);
    assert(written.unbroken == !checked->log_cut);
    if (written.unbroken) assert(checked->batches == written.batches);
    if (written.unbroken) assert(checked->last_sequence == written.last_sequence);
  }
  if (is_evident && checked->has_database) check_prefix(disk, written);
  const auto again = must(check_leveldb_logs(disk, kDirectory));
  assert(!again.log_cut && !again.manifest_cut);
  assert(again.batches == checked->batches && again.last_sequence == checked->last_sequence);
}

void check_any_bytes(fuzz::Input& input) {
  FakeDisk disk;
  put_file(disk, "/log", input.rest());
  const std::vector<std::string> payloads = payloads_in(disk, "/log");
  LeveldbLogWriter log;
  for (const std::string& payload : payloads) log.add(payload);
  put_file(disk, "/again", log.bytes());
  assert(payloads_in(disk, "/again") == payloads);
}

}  // namespace
}  // namespace viaduct::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::fuzz::Input input(data, size);
  if (input.byte() % 4 == 1) {
    viaduct::store::check_any_bytes(input);
  } else {
    viaduct::store::check(input);
  }
  return 0;
}
