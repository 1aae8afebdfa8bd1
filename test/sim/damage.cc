#include "test/sim/damage.h"

#include <vector>

#include "wal/recovery.h"

namespace viaduct::sim {
namespace {

std::vector<std::string> files_of(FakeDisk& disk, const Stored& stored) {
  std::vector<std::string> paths;
  for (const std::string& directory : {stored.log, stored.state}) {
    const auto names = disk.list(directory);
    if (!names) continue;
    for (const std::string& name : *names) paths.push_back(join_path(directory, name));
  }
  return paths;
}

// Up to where the log is whole; nothing if it is not.
std::optional<uint64_t> end_of_log(FakeDisk& disk, const Stored& stored) {
  const auto sequences = wal::list_segments(disk, stored.log);
  if (!sequences || sequences->empty()) return std::nullopt;
  const auto found = wal::recover(disk, stored.log, *sequences, stored.identity);
  return found ? std::optional(found->chain.next_frame) : std::nullopt;
}

std::string change(File& file, uint64_t at, uint64_t size, Dice& dice) {
  switch (dice.below(3)) {
    case 0: {
      char byte;
      (void)file.read_at(at, {&byte, 1});
      byte = static_cast<char>(byte ^ 1 << dice.below(8));
      (void)file.write_at(at, {&byte, 1});
      return " has a bent bit at ";
    }
    case 1: {
      const uint64_t sector = at / kSectorBytes * kSectorBytes;
      (void)file.write_at(sector, std::string(std::min(kSectorBytes, size - sector), '\0'));
      return " has an empty sector at ";
    }
    default:
      (void)file.truncate(at);
      return " ends at ";
  }
}

}  // namespace

std::optional<std::string> damage(FakeDisk& disk, const Stored& stored, Dice& dice) {
  const std::vector<std::string> paths = files_of(disk, stored);
  if (paths.empty()) return std::nullopt;
  const std::string path = paths[dice.below(paths.size())];
  const auto file = disk.open(path, OpenMode::kWrite);
  const uint64_t size = file ? (*file)->size().value() : 0;
  if (size == 0) return std::nullopt;

  const std::string before = read_file(disk, path, size).value();
  const std::optional<uint64_t> whole = end_of_log(disk, stored);
  const uint64_t at = dice.below(size);
  const std::string what = change(**file, at, size, dice);
  const std::optional<uint64_t> left = end_of_log(disk, stored);
  const bool hides = whole && left && *left < *whole;
  if (hides) (void)(*file)->write_at(0, before);
  (void)(*file)->sync();
  if (hides) return std::nullopt;
  return path + what + std::to_string(at);
}

}  // namespace viaduct::sim
