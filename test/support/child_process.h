// A program run as a child, its output appended to a file.
// Ownership: owns the process, which is killed with this.
// Threads: one at a time, and start() from a thread that stays: the kernel kills the child when the thread that made it
//          ends, so that a test that dies leaves no server behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace viaduct {

class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // `words` begins with the program's path. Only when nothing runs; throws std::runtime_error when it cannot fork.
  void start(const std::vector<std::string>& words, const std::string& log_file);
  void signal(int number);
  void kill();                                    // SIGKILL, and waits for its end
  bool wait_for(std::chrono::milliseconds time);  // whether it has ended by then
  bool is_running();

  pid_t pid() const { return pid_; }                               // -1 when nothing runs
  std::optional<int> exit_status() const { return exit_status_; }  // of the last that ended, as waitpid() gives it

 private:
  bool reap(int options);

  pid_t pid_ = -1;
  std::optional<int> exit_status_;
};

}  // namespace viaduct
