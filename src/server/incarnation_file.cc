#include "server/incarnation_file.h"

#include <algorithm>

#include "base/bytes.h"

namespace viaduct::server {
namespace {

constexpr const char* kFileName = "incarnation";
constexpr size_t kFileBytes = 12;

uint64_t parse(Bytes bytes) {
  if (bytes.size() != kFileBytes) return 0;
  ByteReader reader(bytes);
  const uint64_t number = reader.take_le64();
  return reader.take_le32() == crc32c(0, bytes.substr(0, 8)) ? number : 0;
}

Result<uint64_t> stored(Disk& disk, const std::string& path) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (!exists) return uint64_t{0};
  const Result<std::string> bytes = read_file(disk, path, kFileBytes);
  return bytes ? parse(*bytes) : uint64_t{0};
}

Result<void> store(Disk& disk, const std::string& path, uint64_t number) {
  std::string bytes;
  put_le64(bytes, number);
  put_le32(bytes, crc32c(0, bytes));
  return write_file_atomically(disk, path, bytes);
}

}  // namespace

Result<uint64_t> next_incarnation(Disk& disk, const std::string& directory, int64_t wall_ns) {
  const std::string path = join_path(directory, kFileName);
  VIADUCT_TRY_ASSIGN(last, stored(disk, path));
  const uint64_t next = std::max(last, static_cast<uint64_t>(std::max<int64_t>(0, wall_ns / 1'000'000))) + 1;
  VIADUCT_TRY(store(disk, path, next));
  return next;
}

Result<void> raise_incarnation(Disk& disk, const std::string& directory, uint64_t newest) {
  const std::string path = join_path(directory, kFileName);
  VIADUCT_TRY_ASSIGN(last, stored(disk, path));
  return newest > last ? store(disk, path, newest) : Result<void>();
}

}  // namespace viaduct::server
