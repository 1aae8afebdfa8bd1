// The rules of bridge.md and v2-api.md once more, as plainly as possible: two maps, no history, every question answered
// by looking at everything. Slow and obvious on purpose, and written from the pages, not from the code under test.
// It answers each command with the text that to_text() (world.h) has for the real answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/stamp.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {

class Model {
 public:
  explicit Model(std::string v2_root) : root_(std::move(v2_root)) {}

  // The text of the outcome; events() of it are appended to events().
  std::string apply(const Command& command, const Stamp& stamp);
  // The text of a v2 GET, with TTLs as of the newest stamp.
  void advance_to(const Stamp& stamp) { stamp_ = stamp; }
  std::string get(const std::string& path, bool recursive) const;
  std::vector<std::string> v3_keys() const;
  // "/a/ implicit children 2" for each directory, "lease 7 ttl 5 deadline 1000" for each lease, shadowed keys.
  std::vector<std::string> internals() const;
  const std::vector<std::string>& events() const { return events_; }

  uint64_t seq() const { return seq_; }
  uint64_t revision() const { return revision_; }
  uint64_t compacted() const { return compacted_; }
  std::vector<uint64_t> lease_ids() const;
  std::vector<uint64_t> expired(uint64_t now_ms) const;                   // by (deadline, id)
  std::optional<uint64_t> modified_index(const std::string& path) const;  // of a file as v2 shows it
  std::optional<std::string> value(const std::string& path) const;

 private:
  struct File {
    std::string value;
    uint64_t created = 0, modified = 0, create_revision = 0, version = 0, mod_revision = 0, lease = 0;
  };
  struct Directory {
    uint64_t created = 0, lease = 0;
    bool is_explicit = false;
  };
  struct Lease {
    uint64_t ttl = 0, deadline_ms = 0;
    int64_t expiration_ns = 0;
    bool made_by_v2 = false;
  };
  // One event while it is put together.
  struct Draft {
    std::string text;
    std::vector<std::string> companions;
  };

  std::string v2(const V2Write& write);
  std::string v2_leave(const V2Write& write, const std::string& action, const std::string& name, bool directory);
  std::string v2_remove(const std::string& name, const std::string& action);
  // The changes of a txn without compares, nested or not, in order; a plain put or delete is one of a single change.
  using Changes = std::vector<etcdserverpb::RequestOp>;
  static Changes changes_of(const Command& command);
  std::string v3(const Command& command);
  int refusal(const Changes& changes, bool in_txn) const;
  std::string end_lease(uint64_t id, const std::string& action, uint64_t& deleted);

  std::string put(const etcdserverpb::PutRequest& put);
  std::string remove_file(const std::string& key, const std::string& action);
  std::string remove_directory(const std::string& name, const std::string& action);

  bool visible(const std::string& key) const;
  bool is_directory(const std::string& name) const { return name == root_ || directories_.count(name); }
  std::vector<std::string> elements_to(const std::string& name) const;  // names from below the root down to `name`
  std::string walk_error(const std::string& name, bool last_may_miss) const;
  std::string error(int code, const std::string& cause) const;
  size_t children(const std::string& directory) const;
  void make_parents(const std::string& name, bool is_explicit, Draft& draft);
  void make_explicit(const std::string& name, Draft& draft);
  void drop_childless(Draft& draft);
  std::string head(const std::string& action, const std::string& name) const;
  std::string prev(const File& file) const;
  std::string prev(const Directory& directory) const;
  std::string ttl(uint64_t lease) const;
  std::string finish(const Draft& draft);
  uint64_t attach_new_lease(uint64_t ttl_seconds);
  void detach(uint64_t lease);  // after the attachment is gone: drops an empty v2 lease
  bool has_attachments(uint64_t lease) const;
  void list(const std::string& directory, bool recursive, int depth, std::string& text) const;

  std::string root_;
  std::map<std::string, File> files_;
  std::map<std::string, Directory> directories_;  // without the root
  std::map<uint64_t, Lease> leases_;
  std::vector<std::string> events_;
  uint64_t seq_ = 3, revision_ = 1, compacted_ = 0;
  bool was_compacted_ = false;
  Stamp stamp_;
};

}  // namespace viaduct::v3bridge
