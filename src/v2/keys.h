// /v2/keys: from a request to a command or a read, and from its outcome to the reply (v2-api.md section 1).
// Threads: serve() on any loop; completions come back to the loop they left from.
#pragma once

#include "base/clock.h"
#include "v2/exchange.h"
#include "v2/params.h"
#include "v2/stats.h"
#include "v2/watches.h"
#include "v3bridge/engine.h"
#include "v3bridge/reader.h"

namespace viaduct::v2 {

class Keys final : public Endpoint {
 public:
  // All borrowed; they outlive the loops. `clock` is for the durations in `requests`.
  Keys(v3bridge::Engine& engine, WatchTable& watches, const Clock& clock, KeyStats& stats, RequestStats& requests,
       LimitCounts& limits)
      : engine_(engine), watches_(watches), clock_(clock), stats_(stats), requests_(requests), limits_(limits) {}

  void serve(Exchange&& exchange) override;

 private:
  struct Asked;
  class WriteDone;
  class QuorumReadDone;
  struct Moment {  // of the store, as the headers of a reply tell it; zeros when it was not asked
    Seq index;
    Revision revision;
  };

  bool understand(Asked& asked);
  void receive(Asked& asked);
  void get(Asked&& asked);
  void read(Asked&& asked);
  void read_slow(Asked&& asked);
  void watch(Asked&& asked);
  void write(Asked&& asked);
  void answer_listing(Asked& asked, const v3bridge::Listing& listing);
  void answer_written(Asked& asked, const v3bridge::Outcome& outcome);
  void answer_missing(Asked& asked, const v3bridge::NotThere& missing);
  void answer_error(Asked& asked, int code, std::string_view cause, Moment at);
  void add_store_headers(Exchange& exchange, Moment at) const;
  void add_raft_headers(Exchange& exchange, Moment at) const;

  v3bridge::Engine& engine_;
  WatchTable& watches_;
  const Clock& clock_;
  KeyStats& stats_;
  RequestStats& requests_;
  LimitCounts& limits_;
};

}  // namespace viaduct::v2
