// /v2/keys: from a request to a command or a read, and from its outcome to the reply (v2-api.md section 1).
// Threads: serve() on any loop; completions come back to the loop they left from.
#pragma once

#include "v2/exchange.h"
#include "v2/params.h"
#include "v2/stats.h"
#include "v2/watches.h"
#include "v3bridge/engine.h"
#include "v3bridge/reader.h"

namespace viaduct::v2 {

class Keys final : public Endpoint {
 public:
  // All borrowed; they outlive the loops.
  Keys(v3bridge::Engine& engine, WatchTable& watches, KeyStats& stats)
      : engine_(engine), watches_(watches), stats_(stats) {}

  void serve(Exchange&& exchange) override;

 private:
  struct Asked;
  class WriteDone;
  class QuorumReadDone;

  void get(Asked&& asked);
  void read(Asked&& asked);
  void read_slow(Asked&& asked);
  void watch(Asked&& asked);
  void write(Asked&& asked);
  void answer_listing(Asked& asked, const v3bridge::Listing& listing);
  void answer_written(Asked& asked, const v3bridge::Outcome& outcome);
  void answer_error(Asked& asked, int code, std::string_view cause, Seq index);
  void add_raft_headers(Exchange& exchange, Seq index, Revision revision) const;

  v3bridge::Engine& engine_;
  WatchTable& watches_;
  KeyStats& stats_;
};

}  // namespace viaduct::v2
