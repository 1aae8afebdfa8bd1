// The v3 API of a server: all services, and the two fronts that serve them.
// Threads:   made and destroyed on the main thread while no loop runs; the fronts serve on any loop.
// Ownership: owns services and fronts; borrows what they ask.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "net/loop_group.h"
#include "net/site_access.h"
#include "server/config.h"
#include "v3/dispatch.h"
#include "v3/grpc_front.h"
#include "v3/watch_service.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class V3Api {
 public:
  struct Sources {  // all borrowed
    v3bridge::Engine& engine;
    net::LoopGroup& loops;
    const Clock& clock;
    Disk& disk;
    const net::SiteAccess& access;
    std::string data_directory;
  };
  V3Api(const Config& config, const Sources& sources);
  ~V3Api();

  v3::GrpcFront& grpc();
  net::Handler* gateway();  // null: not wanted
  const v3::Dispatch& dispatch() const;
  const v3::WatchCounters& watches() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace viaduct::server
