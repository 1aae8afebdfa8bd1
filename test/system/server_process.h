// A real server process for tests: its own ports on loopback, its own data directory, ended by its pid.
// The program is $VIADUCT, build/bin/viaduct by default.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::system_test {

class ServerProcess {
 public:
  struct Setting {
    std::vector<std::string> flags;        // behind the usual ones
    std::vector<std::string> environment;  // NAME=value, on top of the test's own
    std::string parent_directory;          // where its directory is made; the system's by default
  };
  // Starts it and waits until it says that it serves.
  ServerProcess() : ServerProcess(Setting{}) {}
  explicit ServerProcess(Setting setting);
  ~ServerProcess();  // kills it and removes its directory
  ServerProcess(const ServerProcess&) = delete;

  void start();          // with the same ports and directory as before; throws with its last log lines if it dies
  int stop(int signal);  // sends the signal and waits; the status as waitpid() gives it
  int wait();            // until it ends by itself
  bool is_running();

  int port() const { return client_port_; }
  pid_t pid() const { return pid_; }
  const std::string& directory() const { return directory_; }
  std::string data_directory() const { return directory_ + "/data"; }
  std::string log() const;  // all it has printed since the first start
  size_t thread_count() const;
  uint64_t resident_bytes() const;

 private:
  std::vector<std::string> command_line() const;
  void wait_until_ready(size_t log_offset);

  const Setting setting_;
  const std::string directory_;
  const int client_port_, peer_port_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::system_test
