// A server under test: a process of its own on free loopback ports over a fresh data directory.
// Ownership: owns the process and the directory; both go with it. Threads: one at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace viaduct::bench {

struct Program {
  std::string name;  // how the tables call it
  std::string path;
  std::vector<std::string> flags;  // beside data directory and addresses
};

std::string version_of(const Program& program);  // the first line of `--version`
std::string command_of(const Program& program);  // the command line, with DIRECTORY and PORT in place of ours

class Server {
 public:
  // Returns once the server answers a quorum read.
  Server(const Program& program, const std::string& work_directory);
  ~Server();
  Server(const Server&) = delete;

  // SIGTERM, then the same command line over the same data; from exec to the first quorum read answered.
  std::chrono::nanoseconds restart();

  int port() const { return client_port_; }
  pid_t pid() const { return pid_; }

 private:
  std::chrono::nanoseconds launch();
  void stop();
  void wait_until_serving();
  void require_alive();
  std::string end_of_log() const;

  Program program_;
  std::string directory_;
  int client_port_;
  int peer_port_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::bench
