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

// Who a server is in its cluster.
struct Seat {
  std::string name = "default";
  int client_port = 0, peer_port = 0;
  std::string initial_cluster;
};

class Server {
 public:
  // Alone; returns once it answers a quorum read.
  Server(const Program& program, const std::string& work_directory);
  // A member of a cluster: not started yet.
  Server(const Program& program, const std::string& work_directory, Seat seat);
  ~Server();
  Server(const Server&) = delete;

  void start();               // without waiting
  void wait_until_serving();  // a quorum read is answered
  void kill();                // -9

  // SIGTERM, then the same command line over the same data; from exec to the first quorum read answered.
  std::chrono::nanoseconds restart();

  int port() const { return seat_.client_port; }
  pid_t pid() const { return pid_; }

 private:
  std::chrono::nanoseconds launch();
  void stop();
  void require_alive();
  std::string end_of_log() const;

  Program program_;
  std::string directory_;
  Seat seat_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::bench
