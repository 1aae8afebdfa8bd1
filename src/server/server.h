// A whole server: one node, the loops that serve clients, and what answers on which port.
// Threads:   all calls from the main thread. Ownership: borrows disk, clock and random.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"
#include "server/config.h"

namespace viaduct::server {

class Server {
 public:
  // Recovers what the data directory holds, and takes part in the cluster. `on_removed` is called once, on some thread,
  // when the cluster says that this member is none any more.
  static Result<std::unique_ptr<Server>> start(const Config& config, Disk& disk, const Clock& clock, Random& random,
                                               std::function<void()> on_removed);
  ~Server();  // stops

  // True once the cluster's state names this member with its addresses and it has what was committed before, which
  // takes a leader, at every start; then clients can be served.
  bool wait_until_published(std::chrono::milliseconds timeout);
  Result<void> serve_clients();

  bool was_removed() const;

  // To be called about once a second: warns of a disk that takes too long, and ends the process once it has held up the
  // log for 20 s, since nobody else may give up its place for it (CC-14).
  void watch_disk();

  // Hands leadership on, accepts nothing more, answers what was asked, ends parked watches cleanly, makes the state
  // durable.
  void stop();

  std::string client_url() const;  // one that a user can try

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace viaduct::server
