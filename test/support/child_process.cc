#include "test/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

namespace viaduct {
namespace {

[[noreturn]] void become(const std::vector<char*>& arguments, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);  // what a test ignores would be inherited
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

ChildProcess::~ChildProcess() { kill(); }

void ChildProcess::start(const std::vector<std::string>& words, const std::string& log_file) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  exit_status_.reset();
  pid_ = ::fork();
  if (pid_ == 0) become(arguments, log);
  ::close(log);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

void ChildProcess::signal(int number) {
  if (is_running()) ::kill(pid_, number);
}

void ChildProcess::kill() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

bool ChildProcess::wait_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (is_running()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

bool ChildProcess::is_running() { return pid_ > 0 && !reap(WNOHANG); }

bool ChildProcess::reap(int options) {
  int status = 0;
  if (::waitpid(pid_, &status, options) != pid_) return false;
  exit_status_ = status;
  pid_ = -1;
  return true;
}

}  // namespace viaduct
