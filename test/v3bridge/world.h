// A bridge on a store on a disk in memory, driven by commands as the log would: what tests of the bridge stand on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"
#include "test/support/fake_disk.h"
#include "v3bridge/bridge.h"
#include "v3bridge/reader.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {

class World {
 public:
  explicit World(const std::string& v2_root = "", store::Options options = {});
  explicit World(const Command& first);  // what founds the state

  // One entry in a group of its own, unless a group is open.
  Outcome apply(const Command& command);
  void open_group();
  void close_group();
  void restart();  // closes the store and opens it again

  void advance_ms(uint64_t ms);
  uint64_t now_ms() const { return stamp_.cluster_ms; }
  const Stamp& stamp() const { return stamp_; }

  store::Store& store() { return *store_; }
  const std::vector<store::EventPtr>& events() const { return events_; }  // of all groups so far
  store::Numbers numbers() const;

  // v2 GET, by the fast way where that answers; both ways must agree.
  std::variant<Listing, V2Error> get(const std::string& path, bool recursive = false) const;
  // One line per live v3 key: "/a/b=1 create=2 mod=3 version=2 lease=0".
  std::vector<std::string> v3_keys() const;

 private:
  void open();

  FakeDisk disk_;
  store::Options options_;
  std::unique_ptr<store::Store> store_;
  std::optional<Bridge> bridge_;
  Stamp stamp_{1'000'000, 1'500'000'000'000'000'000};
  Index applied_;
  bool group_is_open_ = false;
  std::vector<store::EventPtr> events_;
};

// --- commands ---
Command v2_write(V2Write::Operation operation, const std::string& path, const std::string& value = "");
Command v2_set(const std::string& path, const std::string& value = "");
Command v2_make_directory(const std::string& path);  // set with dir=true
Command v2_delete(const std::string& path, bool recursive = false);
Command with_ttl(Command command, uint64_t seconds);
Command v3_put(const std::string& key, const std::string& value, uint64_t lease = 0);
Command v3_delete(const std::string& key, const std::string& range_end = "");
Command v3_txn(const std::vector<Command>& parts);  // without compares: the parts, in order
Command grant(uint64_t id, uint64_t ttl_seconds);
Command revoke(uint64_t id);
Command renew(uint64_t id);
Command expire(std::vector<uint64_t> ids);
Command compact(uint64_t revision);
std::string prefix_end(std::string prefix);  // range_end of all keys that begin with `prefix`

// --- answers as text, short enough to be written into a test ---
// "/a dir created 4", "/a/b=1 created 4 modified 5 ttl 10", one line per node, children after their directory.
std::string to_text(const Listing& listing);
// "100 /a @3"
std::string to_text(const V2Error& error);
std::string to_text(const std::variant<Listing, V2Error>& answer);
// What happened, whole: "5 @3 set /a/b=1 created 5 prev(0 created 4 modified 4) with +/a"
std::string to_text(const store::Event& event);
// Of an outcome: the event's text, the error's, or "v3 ok deleted 2" with the events, each on a line of its own.
std::string to_text(const Outcome& outcome);

}  // namespace viaduct::v3bridge
