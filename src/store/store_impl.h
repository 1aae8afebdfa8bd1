// What the store is made of; private to the folder. store.cc has the everyday calls, the files named below the rest.
//
// The store's lock guards everything that readers see: tree, leases, rows, numbers, applied, values, and the list of
// the group's events. The apply thread alone changes these, so it reads them without the lock. Once replaced, nothing
// changes.
#pragma once

#include <absl/container/btree_map.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/event_cache.h"
#include "store/lease_table.h"
#include "store/leveldb.h"
#include "store/record_codec.h"
#include "store/revision_index.h"
#include "store/store.h"
#include "store/transaction.h"
#include "store/tree.h"
#include "store/value_cache.h"

namespace viaduct::store {

// Tables besides the log, by the first byte of a key (docs/formats.md).
inline constexpr char kMetaTable = 0x02;
inline constexpr char kLeaseTable = 0x03;
inline constexpr char kRowTable = 0x04;

// meta_key("x") is row x of the meta table.
std::string meta_key(std::string_view name);
std::string lease_key(LeaseId id);
std::string row_key(std::string_view name);
inline constexpr std::string_view kFormatRow = "format";
inline constexpr std::string_view kAppliedRow = "applied";
inline constexpr std::string_view kNumbersRow = "numbers";
inline constexpr std::string_view kV2RootRow = "v2_root";
inline constexpr std::string_view kCleanedRow = "cleaned";
inline constexpr std::string_view kNamesRow = "names";
inline constexpr std::string_view kInstalledRow = "installed";
inline constexpr uint64_t kFormatVersion = 3;
std::string format_row();  // version:varint

// cleaned := seq:varint part:varint
std::string encode_record_id(RecordId id);
bool decode_record_id(Bytes data, RecordId& id);

// applied := index:varint term:varint cluster_ms:varint wall_ns:zigzag chain:u64be
std::string encode_applied(const AppliedState& applied);
bool decode_applied(Bytes data, AppliedState& applied);

// installed := index:varint
std::string encode_index(Index index);
bool decode_index(Bytes data, Index& index);

// numbers := seq:varint revision:varint compacted:varint compacted_seq:varint state_seq:varint
//            compacted: 0 or revision + 1
std::string encode_numbers(const Numbers& numbers);
bool decode_numbers(Bytes data, Numbers& numbers);

struct Store::Impl {
  Impl(std::unique_ptr<Database> opened, const Options& options)
      : database(std::move(opened)), values(options.value_cache_bytes), recent(options.recent_events_bytes) {}

  // restore.cc
  Result<void> restore();
  Result<void> restore_meta();
  Result<void> restore_tables();
  Result<void> restore_log();
  Result<void> restore_record(const Record& record, uint32_t record_bytes);
  Result<void> restore_attachments();

  // transaction.cc
  const Record& append(const Draft& draft);
  void fill_lease(const Draft& draft, const Entry* old, Record& record);
  void set_prev(const Entry* old, Record& record, Event& event) const;
  Record node_of(const Entry& entry) const;
  Blob value_of(const Entry& entry) const;
  void attach(Entry& entry, LeaseId before);
  void put_lease(const Lease& lease);
  void erase_lease(LeaseId id);

  // history.cc
  std::optional<Record> pending_record(RecordId id) const;  // of the group under way; needs the lock
  std::optional<Record> written_record(RecordId id, const Database::View* view = nullptr) const;
  std::optional<Record> load_record(RecordId id) const;  // takes the read lock
  std::optional<Record> own_record(RecordId id) const;   // on the apply thread
  struct LogView {
    const Database::View& view;
    Seq compacted_seq;  // up to there an event may lack what it replaced
  };
  std::vector<EventPtr> read_events(Seq from, Seq to, size_t max_events, size_t max_bytes, const LogView& log) const;
  void complete(Event& event, const LogView& log) const;

  // store.cc
  void hint_at_names();  // a row from time to time, so that a restart makes its tables large enough at once
  NodeView view(const Entry& entry, uint64_t now_ms) const;
  Seq first_seq(Revision revision) const;
  std::optional<ShownTtl> shown_ttl(LeaseId id, uint64_t now_ms) const;

  // snapshot.cc: a name as it was at a seq. Of an older version only the log knows more than its name and id.
  std::optional<NodeView> view_at(const Entry& entry, Seq seq, uint64_t now_ms) const;
  // Adds the names alive at a seq. Looks at no more than `max_steps` names, and says where to go on.
  std::optional<std::string> count_at(Family family, std::string_view from, std::string_view to, Seq seq,
                                      size_t max_steps, uint64_t& count) const;
  static bool is_complete(const NodeView& node, Detail detail);
  static void complete(NodeView& node, std::optional<Record> record);

  // compaction.cc
  Seq clean_limit() const;
  bool compact_some(size_t max_records);
  void forget(const Record& record, Database::Batch& deletions);

  // hash.cc
  uint64_t hash() const;
  bool is_kept(const Record& record) const;

  const std::unique_ptr<Database> database;
  RwLock* lock = nullptr;                              // of the store, which outlives all readers
  std::function<void(std::unique_ptr<Store>)> retire;  // set once this has been replaced

  Tree tree;
  LeaseTable leases;
  absl::btree_map<std::string, std::string> rows;
  Numbers numbers;
  RevisionIndex revisions;
  AppliedState applied;
  Index installed;  // what a state that came from another member had applied; 0: it did not
  ValueCache values;
  uint64_t record_bytes = 0;

  // The group under way: its effects, and its events until they are written.
  Database::Batch batch;
  std::vector<std::shared_ptr<Event>> events;
  bool in_group = false;
  uint64_t hinted_names = 0;

  // The transaction under way.
  bool in_transaction = false;
  Stamp stamp;
  std::string user;
  bool appended = false;
  uint32_t next_sub = 0;

  EventCache recent;

  Seq written_seq;            // everything up to here is in LevelDB
  Seq written_compacted_seq;  // the compaction point that LevelDB has: nothing goes before the point is durable with it
  Seq written_state_seq;      // likewise
  RecordId cleaned{Seq(), UINT32_MAX};  // compaction has dealt with all records up to here

  mutable std::mutex pins_mutex;
  mutable std::multiset<Seq> pins;  // of live snapshots; added to under the read lock
};

// Holds the write lock, unless a transaction of this thread does already.
class WriteScope {
 public:
  explicit WriteScope(Store::Impl& impl);
  ~WriteScope();
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

 private:
  Store::Impl& impl_;
};

}  // namespace viaduct::store
