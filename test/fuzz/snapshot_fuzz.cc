// A snapshot on its way from a peer. The first byte chooses: any bytes to the decoder, in pieces of a size, which must
// not matter; or the rows of a real state, changed as the input says and sealed with checksums that fit, to a member
// that builds its next state of them. What it takes it can send on, byte for byte, and go on from; what it refuses has
// left its state alone (CC-9).
#include <cassert>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/peer_snapshot_sink.h"
#include "server/peer_snapshot_source.h"
#include "store/copy.h"
#include "test/fuzz/input.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"

namespace viaduct::server {
namespace {

using Rows = std::map<std::string, std::string>;

constexpr ClusterId kCluster{0xc};

template <typename T>
T must(Result<T> result) {
  assert(result);
  return std::move(result).value();
}
void must(const Result<void>& result) { assert(result); }

struct Taken final : PeerSnapshotDecoder::Reader {
  Result<void> take_header(const PeerSnapshotHeader& taken) override {
    assert(!header);
    header = taken;
    return {};
  }
  Result<void> take_row(Bytes key, Bytes value) override {
    assert(header && (rows.empty() || rows.rbegin()->first < key));
    rows.emplace(key, value);
    return {};
  }
  bool operator==(const Taken& other) const {
    return header == other.header && rows == other.rows && complete == other.complete && refused == other.refused;
  }
  std::optional<PeerSnapshotHeader> header;
  Rows rows;
  bool complete = false;
  bool refused = false;
};

Taken taken_from(Bytes bytes, size_t piece) {
  Taken taken;
  PeerSnapshotDecoder decoder(taken);
  for (; !bytes.empty() && !taken.refused; bytes.remove_prefix(std::min(piece, bytes.size()))) {
    taken.refused = !decoder.feed(bytes.substr(0, piece)).has_value();
  }
  taken.complete = decoder.is_complete();
  return taken;
}

std::string encoded(const PeerSnapshotHeader& header, const Rows& rows, size_t rows_per_frame) {
  PeerSnapshotEncoder encoder;
  std::string bytes = encoder.header(header), body;
  size_t in_frame = 0;
  for (const auto& [key, value] : rows) {
    encoder.add(body, key, value);
    if (++in_frame < rows_per_frame) continue;
    bytes += encoder.rows(std::exchange(body, {}));
    in_frame = 0;
  }
  if (!body.empty()) bytes += encoder.rows(body);
  return bytes + encoder.footer();
}

void check_decoder(fuzz::Input& input) {
  const size_t piece = 1 + input.byte();
  const Bytes bytes = input.rest();
  const Taken taken = taken_from(bytes, piece);
  const Taken whole = taken_from(bytes, bytes.size() + 1);
  assert(taken == whole);
  if (!taken.header) return;
  const Taken again = taken_from(encoded(*taken.header, taken.rows, 1 + piece % 4), piece);
  assert(again.complete && again.header == taken.header && again.rows == taken.rows);
}

// --- a member ---

// Frees what an old state held on the thread that let go of it.
struct AtOnce final : Executor {
  void post(std::unique_ptr<Task> task) override { task->run(); }
};

class Member final : public Installer {
 public:
  Member() {
    must(disk_.create_directory("/data"));
    must(disk_.sync_directory("/"));
    directory_ = must(StateDirectory::open(disk_, "/data/state"));
    store::Options options;
    options.directory = directory_->path();
    store_.emplace(disk_, options);
  }

  store::StoreFixture& store() { return *store_; }

  Result<void> take(const peer::SnapshotName& name, Bytes bytes) {
    PeerSnapshotSink sink(disk_, *directory_, kCluster, *this, slow_, {});
    VIADUCT_TRY_ASSIGN(offset, sink.begin(name));
    VIADUCT_TRY(sink.write(name, offset, bytes));
    return sink.finish(name);
  }

  Result<void> admit(const peer::SnapshotName&) override { return {}; }
  void install(ReceivedState state, Done done) override {
    must(state.switch_over());
    store_->replace_with(std::move(state.store), std::move(state.retire));
    done({});
  }

 private:
  FakeDisk disk_;
  AtOnce slow_;
  std::unique_ptr<StateDirectory> directory_;
  std::optional<store::StoreFixture> store_;
};

// A state with some of everything: history, leases of both kinds, directories, small tables, a compaction point.
void fill(store::StoreFixture& store) {
  store->begin_group();
  store->set_v2_root("/v2");
  store->put_row("members/1", "one");
  store.commit();
  store.transact([](store::Transaction& t) { t.grant(LeaseId(5), 60); });
  for (const char* key : {"/v2/a", "/v2/dir/b", "plain", "/v2/a"}) store.put(key, "value");
  store.put("leased", "1", LeaseId(5));
  store.remove("plain");
  store.compact(4);
  store.put("/v2/dir/c", "later");
}

struct State {
  PeerSnapshotHeader header;
  Rows rows;
};

State state_of(store::StoreFixture& store) {
  State state;
  const auto copy = store->copy();
  state.header = {kCluster,
                  copy->applied().index,
                  copy->applied().term,
                  copy->applied().chain,
                  copy->numbers().seq,
                  copy->numbers().revision};
  for (auto rows = copy->next_rows(); !rows.empty(); rows = copy->next_rows()) {
    for (store::Copy::Row& row : rows) state.rows.emplace(std::move(row.key), std::move(row.value));
  }
  return state;
}

const State& model_state() {
  static const State state = [] {
    Member member;
    fill(member.store());
    return state_of(member.store());
  }();
  return state;
}

void change(Rows& rows, fuzz::Input& input) {
  if (rows.empty()) return;
  const auto row = std::next(rows.begin(), static_cast<ptrdiff_t>(input.below(rows.size())));
  switch (input.below(6)) {
    case 0:
      rows.erase(row);
      return;
    case 1:
      row->second = input.prefixed();
      return;
    case 2:
      row->second.insert(input.below(row->second.size() + 1), input.prefixed());
      return;
    case 3:
      row->second.resize(input.below(row->second.size() + 1));
      return;
    case 4: {
      auto moved = rows.extract(row);
      moved.key() = std::string(1, moved.key().front()).append(input.prefixed());
      rows.insert(std::move(moved));
      return;
    }
    default:
      if (!row->second.empty()) row->second[input.below(row->second.size())] = static_cast<char>(input.byte());
  }
}

void go_on(store::StoreFixture& store) {
  const uint64_t hash = store->hash();
  const store::Numbers before = store.numbers();
  assert(before.revision.value < UINT64_MAX / 2 && before.seq.value < UINT64_MAX / 2);
  store.put("/v2/dir/new", "1");
  store.compact(before.revision.value + 1);
  store.clean();
  assert(store->hash() != hash && store.value("/v2/dir/new") == "1");
  store.reopen();
}

void check_member(fuzz::Input& input) {
  State state = model_state();
  for (uint64_t changes = input.below(5); changes > 0; --changes) change(state.rows, input);
  const bool is_changed = state.rows != model_state().rows;
  Member member;
  member.store().put("/own", "1");
  const uint64_t own = member.store()->hash();
  const peer::SnapshotName name{MemberId(1), 7, 1, state.header.index, state.header.term, Term(9)};
  const Result<void> taken = member.take(name, encoded(state.header, state.rows, 1 + input.below(8)));
  if (!taken) {
    assert(is_changed && taken.error().code == Code::kCorrupt);
    assert(member.store()->hash() == own);
    return;
  }
  const State again = state_of(member.store());
  assert(again.header == state.header);
  if (!is_changed) assert(again.rows == state.rows);
  if (!is_changed) go_on(member.store());
}

}  // namespace
}  // namespace viaduct::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = (viaduct::log::set_level(viaduct::log::Level::kFatal), true);
  (void)quiet;
  viaduct::fuzz::Input input(data, size);
  if (input.byte() % 2 == 0) {
    viaduct::server::check_decoder(input);
  } else {
    viaduct::server::check_member(input);
  }
  return 0;
}
