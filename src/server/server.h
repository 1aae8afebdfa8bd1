// A whole server: one node, the loops that serve clients, and what answers on which port.
// Threads:   all calls from the main thread. Ownership: borrows disk, clock and random.
#pragma once

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
  // Recovers what the data directory holds, elects itself, and listens. When this returns, clients are served.
  static Result<std::unique_ptr<Server>> start(const Config& config, Disk& disk, const Clock& clock, Random& random);
  ~Server();  // stops

  // Accepts nothing more, answers what was asked, ends parked watches cleanly, makes the state durable.
  void stop();

  std::string client_url() const;  // one that a user can try

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace viaduct::server
