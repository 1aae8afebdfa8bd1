#include "store/leveldb_log_check.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "store/leveldb_log_reader.h"

namespace viaduct::store {
namespace {

constexpr uint64_t kMaxCurrentBytes = 64;

struct Manifest {
  uint64_t first_live_log = 0;
  uint64_t last_sequence = 0;
};

struct Log {
  uint64_t number;
  std::string path;
};

// Where the state ends, when it ends early: `good_bytes` of the log at `position` stay, later logs go.
struct Gap {
  size_t position;
  uint64_t good_bytes;
  std::string reason;
};

Error corrupt(const std::string& path, uint64_t offset, std::string_view reason) {
  return Error{Code::kCorrupt, path + ": at " + std::to_string(offset) + ": " + std::string(reason)};
}

std::optional<uint64_t> log_number(const std::string& name) {
  uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || std::string_view(parsed.ptr, end) != ".log") return std::nullopt;
  return number;
}

bool holds_data(const std::string& name) {
  return name.ends_with(".log") || name.ends_with(".ldb") || name.ends_with(".sst");
}

bool take_edit(Bytes edit, Manifest& manifest) {
  ByteReader reader(edit);
  while (reader.ok() && !reader.done()) {
    switch (reader.take_varint()) {
      case 1:
        reader.take_length_prefixed();
        break;
      case 2:
        manifest.first_live_log = reader.take_varint();
        break;
      case 3:
        reader.take_varint();
        break;
      case 4:
        manifest.last_sequence = reader.take_varint();
        break;
      case 5:
        reader.take_varint(), reader.take_length_prefixed();
        break;
      case 6:
        reader.take_varint(), reader.take_varint();
        break;
      case 7:
        reader.take_varint(), reader.take_varint(), reader.take_varint();
        reader.take_length_prefixed(), reader.take_length_prefixed();
        break;
      case 9:
        reader.take_varint();
        break;
      default:
        return false;
    }
  }
  return reader.ok();
}

// Null when there is no database yet.
Result<std::optional<std::string>> find_manifest(Disk& disk, const std::string& directory) {
  const std::string current = join_path(directory, "CURRENT");
  VIADUCT_TRY_ASSIGN(is_there, disk.exists(current));
  if (!is_there) {
    VIADUCT_TRY_ASSIGN(has_directory, disk.exists(directory));
    if (!has_directory) return std::optional<std::string>();
    VIADUCT_TRY_ASSIGN(names, disk.list(directory));
    if (std::any_of(names.begin(), names.end(), holds_data)) return corrupt(current, 0, "missing beside data");
    return std::optional<std::string>();
  }
  auto content = read_file(disk, current, kMaxCurrentBytes);
  if (!content && content.error().code != Code::kTooLarge) return std::move(content).error();
  std::string name = content ? std::move(*content) : std::string();
  if (!name.starts_with("MANIFEST-") || !name.ends_with("\n")) return corrupt(current, 0, "names no manifest");
  name.pop_back();
  return std::optional(join_path(directory, name));
}

Result<LeveldbCut> cut_file(Disk& disk, const std::string& path, uint64_t good_bytes, std::string_view reason) {
  VIADUCT_TRY_ASSIGN(file, disk.open(path, OpenMode::kWrite));
  VIADUCT_TRY_ASSIGN(bytes, file->size());
  VIADUCT_TRY(file->truncate(good_bytes));
  VIADUCT_TRY(file->sync());
  return LeveldbCut{path, good_bytes, bytes - good_bytes, std::string(reason), {}};
}

Result<Manifest> read_manifest(Disk& disk, const std::string& path, std::optional<LeveldbCut>& cut) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file && file.error().code == Code::kNotFound) return corrupt(path, 0, "named by CURRENT, but missing");
  if (!file) return std::move(file).error();
  Manifest manifest;
  LeveldbLogReader reader(**file);
  for (uint64_t edit_offset = 0;; edit_offset = reader.good_bytes()) {
    VIADUCT_TRY_ASSIGN(more, reader.next());
    if (!more) break;
    if (!take_edit(reader.payload(), manifest)) return corrupt(path, edit_offset, "not an edit");
  }
  if (reader.good_bytes() == 0) return corrupt(path, 0, "without an edit");
  if (reader.damage().empty()) return manifest;
  VIADUCT_TRY_ASSIGN(has_later_edit, reader.has_record_behind_damage());
  if (has_later_edit) return corrupt(path, reader.good_bytes(), reader.damage());
  VIADUCT_TRY_ASSIGN(done, cut_file(disk, path, reader.good_bytes(), reader.damage()));
  cut = std::move(done);
  return manifest;
}

Result<std::vector<Log>> list_live_logs(Disk& disk, const std::string& directory, uint64_t first_live_log) {
  VIADUCT_TRY_ASSIGN(names, disk.list(directory));
  std::map<uint64_t, std::string> paths;
  for (const std::string& name : names) {
    const std::optional<uint64_t> number = log_number(name);
    if (number && *number >= first_live_log) paths[*number] = join_path(directory, name);
  }
  std::vector<Log> logs;
  for (auto& [number, path] : paths) logs.push_back({number, std::move(path)});
  return logs;
}

// Walks logs in order and stops at the first batch that is missing.
class SequenceWalk {
 public:
  SequenceWalk(uint64_t manifest_sequence, LeveldbLogCheck& found)
      : manifest_sequence_(manifest_sequence), found_(found) {}

  Result<std::optional<Gap>> walk(Disk& disk, const std::vector<Log>& logs) {
    std::optional<Gap> gap;
    for (size_t i = 0; i < logs.size() && !gap; ++i) {
      VIADUCT_TRY_ASSIGN(file, disk.open(logs[i].path, OpenMode::kRead));
      VIADUCT_TRY_ASSIGN(in_log, walk_log(*file, i));
      gap = std::move(in_log);
    }
    return gap;
  }

 private:
  Result<std::optional<Gap>> walk_log(File& file, size_t position) {
    LeveldbLogReader reader(file);
    bool is_first = true;
    for (uint64_t good_bytes = 0;; good_bytes = reader.good_bytes()) {
      VIADUCT_TRY_ASSIGN(more, reader.next());
      if (!more) break;
      if (is_first && after_empty_log_) return std::optional(Gap{position, 0, "follows a log without a batch"});
      const std::string broken = accept(reader.payload());
      if (!broken.empty()) return std::optional(Gap{position, good_bytes, broken});
      is_first = false;
    }
    after_empty_log_ = after_empty_log_ || is_first;
    if (reader.damage().empty()) return std::optional<Gap>();
    return std::optional(Gap{position, reader.good_bytes(), std::string(reader.damage())});
  }

  // What is wrong with the batch, or empty.
  std::string accept(Bytes batch) {
    ByteReader reader(batch);
    const uint64_t sequence = reader.take_le64();
    const uint64_t count = reader.take_le32();
    if (!reader.ok()) return "a batch lacks its header";
    const bool follows = next_ ? sequence == *next_ : sequence <= manifest_sequence_ + 1;
    if (!follows) {
      return "sequence " + std::to_string(sequence) + " follows " +
             std::to_string(next_.value_or(manifest_sequence_ + 1) - 1);
    }
    next_ = sequence + count;
    ++found_.batches;
    if (count > 0) found_.last_sequence = *next_ - 1;
    return "";
  }

  const uint64_t manifest_sequence_;
  LeveldbLogCheck& found_;
  std::optional<uint64_t> next_;  // null before the first batch of all
  bool after_empty_log_ = false;
};

Result<LeveldbCut> cut_logs(Disk& disk, const std::string& directory, const std::vector<Log>& logs, const Gap& gap) {
  VIADUCT_TRY_ASSIGN(cut, cut_file(disk, logs[gap.position].path, gap.good_bytes, gap.reason));
  for (size_t i = gap.position + 1; i < logs.size(); ++i) {
    VIADUCT_TRY(disk.remove(logs[i].path));
    cut.dropped_paths.push_back(logs[i].path);
  }
  VIADUCT_TRY(disk.sync_directory(directory));
  return cut;
}

}  // namespace

Result<LeveldbLogCheck> check_leveldb_logs(Disk& disk, const std::string& directory) {
  LeveldbLogCheck found;
  VIADUCT_TRY_ASSIGN(manifest_path, find_manifest(disk, directory));
  if (!manifest_path) return found;
  found.has_database = true;
  VIADUCT_TRY_ASSIGN(manifest, read_manifest(disk, *manifest_path, found.manifest_cut));
  VIADUCT_TRY_ASSIGN(logs, list_live_logs(disk, directory, manifest.first_live_log));
  const bool has_first = !logs.empty() && logs.front().number == manifest.first_live_log;
  if (!has_first && manifest.first_live_log != 0) {
    return corrupt(*manifest_path, 0, "first live log " + std::to_string(manifest.first_live_log) + " is missing");
  }
  VIADUCT_TRY_ASSIGN(gap, SequenceWalk(manifest.last_sequence, found).walk(disk, logs));
  if (!gap) return found;
  VIADUCT_TRY_ASSIGN(cut, cut_logs(disk, directory, logs, *gap));
  found.log_cut = std::move(cut);
  return found;
}

}  // namespace viaduct::store
