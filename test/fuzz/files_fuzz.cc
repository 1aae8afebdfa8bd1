// The small files of a data directory: who the member is, which start it is at, its vote, what it knows of its losses,
// and which state is current. The first byte chooses the file. What can be read is what was written, to the byte; what
// cannot be read is not taken for anything.
#include <cassert>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "server/identity_file.h"
#include "server/incarnation_file.h"
#include "server/quarantine.h"
#include "server/state_directory.h"
#include "test/fuzz/input.h"
#include "test/support/fake_disk.h"
#include "wal/ballot.h"

namespace viaduct::server {
namespace {

const wal::Identity kSelf{ClusterId(0xc1), MemberId(0xa1)};

template <typename T>
T must(Result<T> result) {
  assert(result);
  return std::move(result).value();
}
void must(const Result<void>& result) { assert(result); }

class Directory {
 public:
  Directory() { must(disk_.create_directory("/data")); }
  Disk& disk() { return disk_; }
  void put(const std::string& name, Bytes content) {
    must(must(disk_.open("/data/" + name, OpenMode::kCreate))->write_at(0, content));
  }
  std::string content(const std::string& name) { return must(read_file(disk_, "/data/" + name, 1 << 20)); }
  bool has(const std::string& name) { return must(disk_.exists("/data/" + name)); }

 private:
  FakeDisk disk_;
};

void check_identity(fuzz::Input& input) {
  Directory directory;
  const Bytes first = input.bytes(input.byte() + uint64_t{input.byte()});
  const Bytes second = input.empty() ? first : input.rest();
  const auto decoded = decode_identity(first);
  if (decoded) assert(must(decode_identity(encode_identity(*decoded))) == *decoded);
  directory.put("identity.a", first);
  directory.put("identity.b", second);
  const auto loaded = load_identity(directory.disk(), "/data");
  if (!loaded) {
    assert(loaded.error().code == Code::kCorrupt || loaded.error().code == Code::kInvalidArgument);
    return;
  }
  const auto other = decode_identity(second);
  assert(*loaded && (decoded ? *decoded : *other) == **loaded);
  assert(must(load_identity(directory.disk(), "/data")) == *loaded);  // the damaged copy is mended
}

void check_incarnation(fuzz::Input& input) {
  Directory directory;
  const int64_t wall_ns = static_cast<int64_t>(input.number() >> 16);
  directory.put("incarnation", input.rest());
  const uint64_t first = must(next_incarnation(directory.disk(), "/data", wall_ns));
  assert(first == 0 || first > static_cast<uint64_t>(wall_ns) / 1'000'000);
  if (first == UINT64_MAX || first == 0) return;
  assert(must(next_incarnation(directory.disk(), "/data", 0)) == first + 1);
}

void check_ballot(fuzz::Input& input) {
  Directory directory;
  const Bytes content = input.rest();
  directory.put("ballot", content);
  const auto read = must(wal::read_ballot(directory.disk(), "/data/ballot", kSelf));
  if (!read) return;
  Directory again;
  must(must(wal::Ballot::open(again.disk(), "/data/ballot", kSelf)).write(read->term, read->vote));
  assert(again.content("ballot") == content);
}

void check_standing(fuzz::Input& input) {
  Directory directory;
  directory.put("quarantine", input.rest());
  const LogStanding standing = must(read_standing(directory.disk(), "/data"));
  assert(standing != LogStanding::kWhole);
  must(write_standing(directory.disk(), "/data", standing));
  assert(must(read_standing(directory.disk(), "/data")) == standing);
  must(write_standing(directory.disk(), "/data", LogStanding::kWhole));
  assert(!directory.has("quarantine"));
}

void check_pointer(fuzz::Input& input) {
  Directory directory;
  for (const char* name : {"state", "state.7", "state.current.tmp"}) directory.put(name, "");
  directory.put("state.current", input.rest());
  const auto opened = StateDirectory::open(directory.disk(), "/data/state");
  if (!opened) {
    assert(opened.error().code == Code::kCorrupt);
    assert(directory.has("state") && directory.has("state.7"));  // no state goes because its name was not understood
    return;
  }
  const std::string path = (*opened)->path();
  must(must(directory.disk().open(must((*opened)->make_room()), OpenMode::kCreate))->sync());
  must((*opened)->switch_to_next());
  const std::string next = (*opened)->path();
  assert(next != path && must(StateDirectory::open(directory.disk(), "/data/state"))->path() == next);
}

void check(fuzz::Input& input) {
  switch (input.below(5)) {
    case 0:
      return check_identity(input);
    case 1:
      return check_incarnation(input);
    case 2:
      return check_ballot(input);
    case 3:
      return check_standing(input);
    default:
      return check_pointer(input);
  }
}

}  // namespace
}  // namespace viaduct::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::log::set_level(viaduct::log::Level::kFatal);
  viaduct::fuzz::Input input(data, size);
  viaduct::server::check(input);
  return 0;
}
