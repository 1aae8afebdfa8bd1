// The in-memory head of one key or directory: its newest version, and where its older ones are in the log.
//
// Small on purpose, since there is one per key: 48 bytes and the name behind them in one allocation. What most keys do
// not need (they were put once, have no lease and no history) lives in Details, made when it is needed.
//
// Threads: changed under the store's write lock, read under its read lock; only the mark for eviction moves under both.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "base/ids.h"
#include "store/record.h"

namespace viaduct::store {

// An earlier record of a name that is still in the log.
struct Version {
  Seq seq;
  uint32_t part : 31;
  uint32_t tombstone : 1;
  uint32_t record_bytes;

  RecordId id() const { return {seq, part}; }
};
static_assert(sizeof(Version) == 16);

class Entry {
 public:
  struct Delete {
    void operator()(Entry* entry) const;
  };
  using Owner = std::unique_ptr<Entry, Delete>;
  static Owner make(Family family, std::string_view key);  // not live, without a record

  // --- what readers see ---
  Family family() const { return family_; }
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes_}; }
  bool is_live() const { return live_; }
  RecordId id() const { return {seq_, part_}; }  // its newest record; 0 for the v2 root, which has none
  Revision mod_revision() const { return mod_revision_; }
  Revision create_revision() const { return details_ ? details_->create_revision : mod_revision_; }
  uint64_t version() const { return details_ ? details_->version : 1; }
  Seq created_seq() const { return details_ ? details_->created_seq : seq_; }
  // v2's modifiedIndex: a directory keeps the number it was made with (N4).
  Seq modified_seq() const { return family_ == Family::kDirectory ? created_seq() : seq_; }
  LeaseId lease() const { return details_ ? details_->lease : LeaseId(); }
  const Blob& value() const { return value_; }    // null for directories, and when the value is on disk only
  bool is_explicit() const { return explicit_; }  // directories
  uint32_t children() const { return details_ ? details_->children : 0; }         // directories: live ones of any kind
  Seq newest_below() const { return details_ ? details_->newest_below : Seq(); }  // directories
  void mark_used() const {
    if (!used_.load(std::memory_order_relaxed)) used_.store(true, std::memory_order_relaxed);
  }

  // --- what the store keeps in step ---
  // Becomes `record`, whose encoding takes `record_bytes`; what it was joins the older versions.
  void advance(const Record& record, uint32_t record_bytes);
  void set_value(Blob value) { value_ = std::move(value); }
  void set_children(uint32_t children) { details().children = children; }
  void raise_newest_below(Seq seq) { details().newest_below = std::max(details().newest_below, seq); }
  void make_root();  // live and explicit without a record
  uint32_t record_bytes() const { return record_bytes_; }
  bool take_used() { return used_.exchange(false, std::memory_order_relaxed); }

  // Older versions, oldest first.
  const std::vector<Version>& older() const;
  // The newest version with a seq at or below `seq`: null if there was none. Ask is_live() or `tombstone` whether the
  // name was alive then.
  struct At {
    RecordId id;
    bool tombstone;
  };
  std::optional<At> at(Seq seq) const;
  uint32_t forget_older(RecordId id);  // its record leaves the log; how many bytes that had, 0 if there is none

 private:
  struct Details {
    Revision create_revision;
    uint64_t version = 1;
    Seq created_seq;
    LeaseId lease;
    Seq newest_below;
    uint32_t children = 0;
    std::vector<Version> older;
  };

  Entry(Family family, uint32_t key_bytes) : key_bytes_(key_bytes), family_(family) {}
  Details& details();

  Seq seq_;
  Revision mod_revision_;
  Blob value_;
  std::unique_ptr<Details> details_;
  uint32_t part_ = 0;
  uint32_t record_bytes_ = 0;
  uint32_t key_bytes_;
  Family family_;
  bool live_ = false;
  bool explicit_ = false;
  mutable std::atomic<bool> used_ = false;
};
static_assert(sizeof(Entry) == 48);

}  // namespace viaduct::store
