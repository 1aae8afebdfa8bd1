// A server process under test: started on free loopback ports over a fresh temporary data directory, stopped by its
// process id, its directory removed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::conformance {

struct ServerProgram {
  std::string label;  // how reports call this side
  std::string path;
  std::vector<std::string> flags;  // beside those that both sides get
};

// Who a server is in its cluster.
struct Seat {
  std::string name = "default";
  int client_port = 0, peer_port = 0;
  std::string initial_cluster;
};

// Ownership: owns the process and its directory. Threads: one at a time.
class Server {
 public:
  // Returns once the server answers reads and its index has settled. The error carries the end of its log.
  static Result<std::unique_ptr<Server>> start(const ServerProgram& program, const std::vector<std::string>& flags);
  // A member of a cluster: not launched yet.
  static Result<std::unique_ptr<Server>> prepare(const ServerProgram& program, const std::vector<std::string>& flags,
                                                 const Seat& seat);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> restart();        // kill -9, then the same command line over the same data
  Result<void> restart_empty();  // the same without the data
  void launch();
  void kill();
  Result<void> wait_until_ready();  // also learns the member's id
  bool running();
  const std::string& label() const { return label_; }
  const std::string& name() const { return seat_.name; }
  int client_port() const { return seat_.client_port; }
  std::string client() const { return "127.0.0.1:" + std::to_string(seat_.client_port); }
  std::string peer() const { return "127.0.0.1:" + std::to_string(seat_.peer_port); }
  const std::string& member() const { return member_; }  // its id, in hexadecimal
  uint64_t member_id() const { return std::strtoull(member_.c_str(), nullptr, 16); }

 private:
  Server(std::string label, std::string directory, Seat seat);

  void stop(int signal);
  void learn_member();
  std::string end_of_log() const;

  std::string label_;
  std::string directory_;
  Seat seat_;
  std::vector<std::string> command_;
  std::string member_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::conformance
