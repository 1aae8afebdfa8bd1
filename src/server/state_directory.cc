#include "server/state_directory.h"

#include <utility>
#include <vector>

#include "base/bytes.h"

namespace viaduct::server {
namespace {

constexpr std::string_view kMagic = "VIADSTAT";
constexpr uint32_t kFormat = 1;
constexpr uint64_t kPointerBytes = 8 + 4 + 8 + 4;

std::string encode_pointer(uint64_t number) {
  std::string out(kMagic);
  put_le32(out, kFormat);
  put_le64(out, number);
  put_le32(out, crc32c(0, out));
  return out;
}

Result<uint64_t> decode_pointer(Bytes data) {
  ByteReader in(data);
  const Bytes magic = in.take_bytes(kMagic.size());
  const uint32_t format = in.take_le32();
  const uint64_t number = in.take_le64();
  const uint32_t crc = in.take_le32();
  if (!in.done() || magic != kMagic || crc != crc32c(0, data.substr(0, data.size() - sizeof crc))) {
    return Error{Code::kCorrupt, "is damaged"};
  }
  if (format != kFormat) return Error{Code::kCorrupt, "has a format that this version does not know"};
  return number;
}

// 0 where there is no pointer: nothing has come from another member yet.
Result<uint64_t> read_pointer(Disk& disk, const std::string& path) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (!exists) return uint64_t{0};
  Result<std::string> data = read_file(disk, path, kPointerBytes);
  if (!data && data.error().code != Code::kTooLarge) return std::move(data).error();
  Result<uint64_t> number = data ? decode_pointer(*data) : Error{Code::kCorrupt, "is damaged"};
  if (!number) return Error{Code::kCorrupt, path + " " + number.error().message};
  return number;
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A directory, or a file. Disk has no call that tells which: only a directory can be listed.
Result<void> remove_all(Disk& disk, const std::string& path) {
  const Result<std::vector<std::string>> names = disk.list(path);
  if (names) {
    for (const std::string& name : *names) VIADUCT_TRY(disk.remove(join_path(path, name)));
  }
  return disk.remove(path);
}

}  // namespace

Result<void> remove_state(Disk& disk, const std::string& path) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (!exists) return {};
  VIADUCT_TRY(remove_all(disk, path));
  return disk.sync_directory(parent_directory(path));
}

StateDirectory::StateDirectory(Disk& disk, std::string base, uint64_t number)
    : disk_(disk), base_(std::move(base)), number_(number) {}

Result<std::unique_ptr<StateDirectory>> StateDirectory::open(Disk& disk, std::string base) {
  VIADUCT_TRY_ASSIGN(number, read_pointer(disk, base + ".current"));
  std::unique_ptr<StateDirectory> directory(new StateDirectory(disk, std::move(base), number));
  VIADUCT_TRY(directory->remove_leftovers());
  return directory;
}

std::string StateDirectory::path_of(uint64_t number) const {
  return number == 0 ? base_ : base_ + '.' + std::to_string(number);
}

std::string StateDirectory::pointer_path() const { return base_ + ".current"; }

std::string StateDirectory::path() const {
  const std::lock_guard lock(mutex_);
  return path_of(number_);
}

Result<void> StateDirectory::remove_leftovers() {
  const std::string parent = parent_directory(base_), base = name_of(base_);
  VIADUCT_TRY_ASSIGN(exists, disk_.exists(parent));
  if (!exists) return {};
  VIADUCT_TRY_ASSIGN(names, disk_.list(parent));
  for (const std::string& name : names) {
    const bool is_ours = name == base || name.starts_with(base + '.');
    if (!is_ours || name == name_of(path()) || name == name_of(pointer_path())) continue;
    VIADUCT_TRY(remove_state(disk_, join_path(parent, name)));
  }
  return {};
}

Result<std::string> StateDirectory::make_room() {
  std::string next = path_of(number_ + 1);
  VIADUCT_TRY(remove_state(disk_, next));
  return next;
}

Result<void> StateDirectory::switch_to_next() {
  const std::string temporary = pointer_path() + ".tmp";
  const auto write = [&]() -> Result<void> {
    VIADUCT_TRY_ASSIGN(file, disk_.open(temporary, OpenMode::kCreate));
    VIADUCT_TRY(file->write_at(0, encode_pointer(number_ + 1)));
    VIADUCT_TRY(file->sync());
    return disk_.rename(temporary, pointer_path());
  };
  VIADUCT_TRY(remove_state(disk_, temporary));
  if (Result<void> written = write(); !written) {
    static_cast<void>(remove_state(disk_, temporary));  // what is left goes at the next start
    return written;
  }
  if (const auto synced = disk_.sync_directory(parent_directory(base_)); !synced) {
    fatal(pointer_path() + " may name either state: " + synced.error().message);
  }
  const std::lock_guard lock(mutex_);
  ++number_;
  return {};
}

}  // namespace viaduct::server
