// Everything that answers requests, and the tables of which port serves what.
// Threads: made and destroyed on the main thread while no loop runs; the fronts serve on any loop.
// Ownership: owns the endpoints; borrows what they ask.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "net/loop_group.h"
#include "server/config.h"
#include "server/node.h"
#include "server/node_timings.h"
#include "v2/front.h"

namespace viaduct::server {

class Routes {
 public:
  // What the endpoints ask; all borrowed.
  struct Sources {
    Node& node;
    const NodeTimings& timings;
    net::LoopGroup& loops;
    const Clock& clock;
    int64_t start_wall_ns;
    Disk& disk;
    std::string data_directory;
    std::string state_directory;
  };
  Routes(const Config& config, const Sources& sources);
  ~Routes();

  net::Handler& client();       // --listen-client-urls
  net::Handler& client_http();  // --listen-client-http-urls
  net::Handler& peer();         // --listen-peer-urls
  net::Handler& metrics();      // --listen-metrics-urls

 private:
  struct Endpoints;
  std::unique_ptr<Endpoints> endpoints_;
};

}  // namespace viaduct::server
