// A snapshot file, which is etcd's database. The first byte chooses: a file of ours with pages, as the input says,
// overwritten, or rows of any content in the buckets that matter, restored. What the reader lets pass is in order and
// can be written and read again; what is restored is a store that opens and says the same.
#include <cassert>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "bolt/reader.h"
#include "bolt/writer.h"
#include "server/restore_state.h"
#include "test/fuzz/input.h"
#include "test/support/fake_disk.h"

namespace viaduct {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;
using Buckets = std::map<std::string, std::map<std::string, std::string>>;

template <typename T>
T must(Result<T> result) {
  assert(result);
  return std::move(result).value();
}
void must(const Result<void>& result) { assert(result); }

std::unique_ptr<File> written(Disk& disk, const std::string& path, const Buckets& buckets) {
  auto file = must(disk.open(path, OpenMode::kCreate));
  bolt::Writer writer(*file);
  for (const auto& [name, rows] : buckets) {
    writer.bucket(name);
    for (const auto& [key, value] : rows) must(writer.bucket(name).put(key, value));
  }
  const uint64_t bytes = must(writer.finish());
  assert(bytes == must(file->size()));
  return file;
}

Result<std::map<std::string, std::string>> rows_in(bolt::Cursor& cursor) {
  std::map<std::string, std::string> rows;
  for (;;) {
    VIADUCT_TRY_ASSIGN(more, cursor.next());
    if (!more) return rows;
    assert(rows.empty() || Bytes(rows.rbegin()->first) < cursor.key());
    rows.emplace(cursor.key(), cursor.value());
  }
}

Result<Buckets> read_all(File& file) {
  VIADUCT_TRY_ASSIGN(reader, bolt::Reader::open(file, must(file.size())));
  VIADUCT_TRY_ASSIGN(names, reader.bucket_names());
  Buckets buckets;
  for (const std::string& name : names) {
    VIADUCT_TRY_ASSIGN(cursor, reader.bucket(name));
    assert(cursor);
    VIADUCT_TRY_ASSIGN(rows, rows_in(*cursor));
    buckets[name] = std::move(rows);
  }
  return buckets;
}

bool can_be_written(const Buckets& buckets) {
  for (const auto& [name, rows] : buckets) {
    if (name.empty() || name.size() > bolt::kMaxKeyBytes) return false;
    for (const auto& [key, value] : rows) {
      if (key.empty() || key.size() > bolt::kMaxKeyBytes) return false;
    }
  }
  return true;
}

void check_pages(fuzz::Input& input) {
  FakeDisk disk;
  Buckets buckets;
  const size_t rows = input.byte();
  const std::string value(input.byte() * 4, 'v');
  for (size_t i = 0; i < rows; ++i) buckets["key"]["k" + std::to_string(100 + i)] = value;
  buckets["small"]["a"] = "1";
  const auto file = written(disk, "/file", buckets);
  const uint64_t pages = must(file->size()) / bolt::kPageBytes;
  const bool is_changed = !input.empty();
  while (!input.empty()) {
    const uint64_t at = input.below(pages) * bolt::kPageBytes + input.byte() * (input.below(2) ? 16 : 1);
    const Bytes bytes = input.prefixed();
    must(file->write_at(at, bytes));
  }
  const auto read = read_all(*file);
  if (!read) {
    assert(is_changed && read.error().code == Code::kCorrupt);
    return;
  }
  if (!is_changed) assert(*read == buckets);
  if (!can_be_written(*read)) return;
  assert(must(read_all(*written(disk, "/again", *read))) == *read);
}

// Rows as etcd has them: of the bucket "key" by revision; others by whatever name.
Buckets buckets_from(fuzz::Input& input) {
  static constexpr const char* kNames[] = {"key", "key", "key", "lease", "meta", "viaduct", "auth", "members"};
  Buckets buckets;
  uint64_t revision = 1;
  while (!input.empty()) {
    const std::string bucket = kNames[input.below(std::size(kNames))];
    std::string key;
    if (bucket == "key") {
      revision += input.below(3);
      put_be64(key, revision);
      key += '_';
      put_be64(key, input.below(3));
      if (input.below(4) == 1) key += 't';
    } else {
      key = input.prefixed();
    }
    const Bytes value = input.prefixed();
    if (!key.empty()) buckets[bucket][key] = value;
  }
  return buckets;
}

void check_restore(fuzz::Input& input) {
  FakeDisk disk;
  const Buckets buckets = buckets_from(input);
  if (!can_be_written(buckets)) return;
  const auto file = written(disk, "/file", buckets);
  const bolt::Reader reader = must(bolt::Reader::open(*file, must(file->size())));
  server::RestoreStateOptions options;
  options.directory = "/state";
  options.members = {{MemberId(1), "a", {"http://a:2380"}, {}}};
  const auto restored = server::restore_state(disk, reader, options);
  if (!restored) {
    assert(restored.error().code == Code::kCorrupt || restored.error().code == Code::kInvalidArgument);
    return;
  }
  store::Options state;
  state.directory = options.directory;
  const auto store = must(store::Store::open(disk, state));
  const store::Store::ReadLock lock(*store);
  assert(store->numbers().revision == restored->numbers.revision && store->numbers().seq == restored->numbers.seq);
}

}  // namespace
}  // namespace viaduct

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::log::set_level(viaduct::log::Level::kFatal);
  viaduct::fuzz::Input input(data, size);
  if (input.byte() % 2 == 0) {
    viaduct::check_pages(input);
  } else {
    viaduct::check_restore(input);
  }
  return 0;
}
