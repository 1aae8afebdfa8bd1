#include "server/data_directory.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "server/data_directory_foreign.h"
#include "server/identity_file.h"

namespace viaduct::server {
namespace {

Result<void> create_with_parents(Disk& disk, const std::string& path) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (exists) return {};
  const std::string parent = parent_directory(path);
  VIADUCT_TRY(create_with_parents(disk, parent));
  if (auto made = disk.create_directory(path); !made && made.error().code != Code::kAlreadyExists) return made;
  return disk.sync_directory(parent);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> refuse_etcd_log(Disk& disk, const std::string& wal_dir) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(wal_dir));
  if (!exists) return {};
  VIADUCT_TRY_ASSIGN(names, disk.list(wal_dir));
  if (!has_etcd_segments(names)) return {};
  return Error{Code::kInvalidArgument,
               "log directory " + wal_dir + " holds files of etcd; nothing was written to it. Give another --wal-dir"};
}

// Looks only; nothing is written before this has passed.
Result<void> refuse_foreign(Disk& disk, const std::string& path, const std::string& wal_dir) {
  VIADUCT_TRY_ASSIGN(names, disk.list(path));
  const bool has_identity = contains(names, kIdentityFiles[0]) || contains(names, kIdentityFiles[1]);
  if (!has_identity && contains(names, "state")) {
    return Error{Code::kCorrupt, "data directory " + path + " holds state, but both identity files are missing"};
  }
  const Foreign foreign = find_foreign(names, has_identity);
  if (!foreign.etcd.empty()) {
    std::string list;
    for (const std::string& name : foreign.etcd) list += (list.empty() ? "" : ", ") + name;
    return Error{Code::kInvalidArgument, "data directory " + path + " holds files of etcd: " + list +
                                             "; nothing was written to it. Give another --data-dir"};
  }
  for (const std::string& name : foreign.strays) {
    log::warn("found invalid file/dir " + name + " under data dir " + path +
              " (Ignore this if you are upgrading etcd)");
  }
  if (!has_identity && !wal_dir.empty()) VIADUCT_TRY(refuse_etcd_log(disk, wal_dir));
  return {};
}

}  // namespace

DataDirectory::DataDirectory(Disk& disk, std::string path, std::string wal_path)
    : disk_(&disk), path_(std::move(path)), wal_path_(std::move(wal_path)) {}

Result<DataDirectory> DataDirectory::open(Disk& disk, const std::string& path, const std::string& wal_dir) {
  VIADUCT_TRY(create_with_parents(disk, path));
  VIADUCT_TRY(refuse_foreign(disk, path, wal_dir));
  DataDirectory directory(disk, path, wal_dir.empty() ? join_path(path, "wal") : wal_dir);
  auto lock = disk.lock(directory.below("lock"));
  if (!lock && lock.error().code == Code::kLocked) {
    return Error{Code::kLocked, "data directory " + path + " is in use by another process"};
  }
  if (!lock) return std::move(lock).error();
  directory.lock_ = *std::move(lock);
  VIADUCT_TRY(directory.remove_leftovers());
  VIADUCT_TRY_ASSIGN(identity, load_identity(disk, path));
  directory.identity_ = identity;
  return directory;
}

// Writes that were cut short leave names in .tmp, which nobody has relied on yet. Other folders clear up their own.
Result<void> DataDirectory::remove_leftovers() {
  for (const std::string_view name :
       {kIdentityFiles[0], kIdentityFiles[1], std::string_view("ballast"), std::string_view("snapshot")}) {
    const std::string path = below(name) + ".tmp";
    VIADUCT_TRY_ASSIGN(exists, disk_->exists(path));
    if (exists) VIADUCT_TRY(disk_->remove(path));
  }
  return {};
}

Result<void> DataDirectory::set_identity(const Identity& identity) {
  assert(!identity_);
  VIADUCT_TRY(store_identity(*disk_, path_, identity));
  identity_ = identity;
  return {};
}

std::string DataDirectory::state_path() const { return below("state"); }

Result<void> DataDirectory::create_ballast() {
  const std::string path = below("ballast");
  VIADUCT_TRY_ASSIGN(exists, disk_->exists(path));
  if (exists) return {};
  const std::string temporary = path + ".tmp";
  VIADUCT_TRY_ASSIGN(file, disk_->open(temporary, OpenMode::kCreate));
  auto made = file->allocate(kBallastBytes);
  if (made) made = file->sync();
  if (!made) {
    VIADUCT_TRY(disk_->remove(temporary));  // half a ballast would only take the space that is missing
    return made.error();
  }
  VIADUCT_TRY(disk_->rename(temporary, path));
  return disk_->sync_directory(path_);
}

Result<void> DataDirectory::release_ballast() {
  const std::string path = below("ballast");
  VIADUCT_TRY_ASSIGN(exists, disk_->exists(path));
  if (!exists) return {};
  VIADUCT_TRY(disk_->remove(path));
  return disk_->sync_directory(path_);
}

std::string DataDirectory::below(std::string_view name) const { return join_path(path_, std::string(name)); }

}  // namespace viaduct::server
