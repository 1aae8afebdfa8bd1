// One record of the event log: everything that history must be able to show of one change to one key or directory.
// The log is keyed by RecordId; docs/formats.md has the bytes (record_codec.cc writes and reads them).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/blob.h"
#include "base/ids.h"

namespace viaduct::store {

// bridge.md N1: `seq` numbers v2 events, `part` 0 is the event itself, 1.. its companions.
struct RecordId {
  Seq seq;
  uint32_t part = 0;

  auto operator<=>(const RecordId&) const = default;
  explicit operator bool() const { return seq.value != 0; }
};

// Keys and directories have the same kind of name, but live apart: v3 never sees a directory (T1).
enum class Family : uint8_t { kKey = 0, kDirectory = 1 };

// The v2 name of what happened. A v3 put is kSet, a v3 delete or revoke kDelete.
enum class Action : uint8_t { kSet, kCreate, kUpdate, kCompareAndSwap, kDelete, kCompareAndDelete, kExpire };
const char* action_name(Action action);  // as v2 spells it: "set", "compareAndSwap", ...

// Expiration and ttl as v2 showed them when the event happened (N7).
struct ShownTtl {
  int64_t expiration_ns = 0;  // Unix time
  int64_t ttl_seconds = 0;    // rounded up

  bool operator==(const ShownTtl&) const = default;
};

// A lease that v2 made with this record (L1); it has no row of its own (D4).
struct OwnLease {
  uint64_t ttl_seconds = 0;
  uint64_t deadline_ms = 0;   // cluster time
  int64_t expiration_ns = 0;  // Unix time

  bool operator==(const OwnLease&) const = default;
};

struct Record {
  RecordId id;
  Revision revision;  // of the transaction; v3's mod_revision
  uint32_t sub = 0;   // keys only: number among the keys' records of that revision; v3's sub-revision (N3)
  Family family = Family::kKey;
  Action action = Action::kSet;
  bool tombstone = false;
  bool is_explicit = false;  // directories only (T2)
  bool refresh = false;      // a v2 refresh: in history, wakes nobody (INV-W13)
  bool by_v2 = false;        // made by a v2 request, or the expiry of what v2 made
  bool silent = false;       // no v2 event: the key is shadowed or no visible path (P2, T4)
  std::string key;           // with the v2 root; a directory without trailing slash
  Blob value;                // null for tombstones and directories
  uint64_t version = 0;      // puts since the key was created; 0 in a tombstone
  Revision create_revision;  // 0 in a tombstone
  Seq created_seq;           // v2's createdIndex; a tombstone keeps that of what it removed
  LeaseId lease;
  std::optional<OwnLease> own_lease;
  std::optional<ShownTtl> ttl;       // of the node
  std::optional<ShownTtl> prev_ttl;  // of prevNode
  RecordId prev;     // the newest earlier record of the same name and family, if that was not a tombstone
  std::string user;  // who asked; empty without auth

  // v2's modifiedIndex: a directory keeps the number it was made with (N4).
  Seq modified_seq() const { return family == Family::kDirectory ? created_seq : id.seq; }

  bool operator==(const Record& other) const;  // by content
};

// What `record` says of the node it left behind, without what it says of the change (action, who, shown TTLs, flags).
// The index knows as much of a live node, so an event's prev is the same whether it comes from memory or from the log.
Record node_of(Record record);

// One v2 event as watchers and repliers need it: part 0, what it replaced or removed, and what came along.
// Immutable and shared by the hub, replies and streams. The same bytes come out live and from history (N7).
struct Event {
  Record record;
  std::optional<Record> prev;      // node_of() the record named by record.prev, or of the file a directory replaces
  std::vector<Record> companions;  // parts 1, 2, ...

  Seq seq() const { return record.id.seq; }
  size_t footprint_bytes() const;  // what it holds in memory, for bounds

  bool operator==(const Event&) const = default;
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace viaduct::store
