// A server process under test: started on free loopback ports over a fresh temporary data directory, stopped by its
// process id, its directory removed.
#pragma once

#include <sys/types.h>

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

// Ownership: owns the process and its directory. Threads: one at a time.
class Server {
 public:
  // Returns once the server answers reads and its index has settled. The error carries the end of its log.
  static Result<std::unique_ptr<Server>> start(const ServerProgram& program, const std::vector<std::string>& flags);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> restart();        // kill -9, then the same command line over the same data
  Result<void> restart_empty();  // the same without the data
  bool running();
  const std::string& label() const { return label_; }
  int client_port() const { return client_port_; }
  std::string client() const { return "127.0.0.1:" + std::to_string(client_port_); }
  std::string peer() const { return "127.0.0.1:" + std::to_string(peer_port_); }
  const std::string& member() const { return member_; }

 private:
  Server(std::string label, std::string directory, int client_port, int peer_port);

  void launch();
  void stop(int signal);
  Result<void> wait_until_ready();
  void learn_member();
  std::string end_of_log() const;

  std::string label_;
  std::string directory_;
  int client_port_;
  int peer_port_;
  std::vector<std::string> command_;
  std::string member_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::conformance
