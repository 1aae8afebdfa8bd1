// A real server process for tests: its own ports on loopback, its own data directory, ended by its pid.
// The program is $VIADUCT, build/bin/viaduct by default.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace viaduct::system_test {

class ServerProcess {
 public:
  // Starts it and waits until it says that it serves. `flags` come behind the usual ones.
  explicit ServerProcess(std::vector<std::string> flags = {});
  ~ServerProcess();  // kills it and removes its directory
  ServerProcess(const ServerProcess&) = delete;

  void start();           // with the same ports and directory as before; throws with its last log lines if it dies
  int stop(int signal);   // sends the signal and waits; the status as waitpid() gives it
  int wait();             // until it ends by itself
  bool is_running();

  int port() const { return client_port_; }
  pid_t pid() const { return pid_; }
  const std::string& directory() const { return directory_; }
  std::string data_directory() const { return directory_ + "/data"; }
  std::string log() const;  // all it has printed since the first start
  size_t thread_count() const;

 private:
  std::vector<std::string> command_line() const;
  void wait_until_ready(size_t log_offset);

  std::string directory_;
  int client_port_, peer_port_;
  std::vector<std::string> flags_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::system_test
