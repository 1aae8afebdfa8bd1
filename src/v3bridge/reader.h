// v2 reads: a file or a listing as one consistent state (INV-L6). Small answers come under one ReadLock; larger ones,
// and those with a value that is not in memory, say so and are read again from a Snapshot on a reader thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/store.h"
#include "v3bridge/outcome.h"

namespace viaduct::v3bridge {

// A node as v2 shows it. Children follow their directory in `nodes` of the Listing, depth first.
struct V2Node {
  std::string key;  // without the v2 root; "" for the root itself, which v2 shows without a key
  bool dir = false;
  Blob value;          // files
  uint32_t depth = 0;  // 0: the node asked for
  std::optional<store::ShownTtl> ttl;
  Seq modified, created;  // 0 for the root
};

struct Listing {
  std::vector<V2Node> nodes;  // depth first; siblings in byte order, whether sorted was asked for or not
  Seq index;                  // X-Etcd-Index
  Revision revision;          // X-Etcd-Revision
};

// No such node.
struct NotThere : V2Error {
  Revision revision;  // X-Etcd-Revision
};

struct NeedsReader {};  // too much for one ReadLock: call read_slow() on a thread that may block

struct ReadRequest {
  std::string path;  // canonical, without the v2 root; "" = root
  bool recursive = false;
};

// Any thread. `now_ms` is the member's estimate of cluster time, for ttl.
std::variant<Listing, NotThere, NeedsReader> read_fast(const store::Store& store, const ReadRequest& request,
                                                       uint64_t now_ms);
std::variant<Listing, NotThere> read_slow(const store::Store& store, const ReadRequest& request, uint64_t now_ms);

}  // namespace viaduct::v3bridge
