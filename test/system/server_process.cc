#include "server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "test/support/free_port.h"

namespace viaduct::system_test {
namespace {

constexpr std::chrono::seconds kStartTimeout{60};

std::string make_directory(const std::string& parent) {
  const std::filesystem::path where =
      parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(parent);
  std::string path = (where / "viaduct-test-XXXXXX").string();
  if (!mkdtemp(path.data())) throw std::runtime_error("cannot make " + path);
  return path;
}

std::string program() {
  const char* given = std::getenv("VIADUCT");
  return given ? given : "build/bin/viaduct";
}

std::string url(int port) { return "http://127.0.0.1:" + std::to_string(port); }

}  // namespace

ServerProcess::ServerProcess(Setting setting)
    : setting_(std::move(setting)),
      directory_(make_directory(setting_.parent_directory)),
      client_port_(free_port()),
      peer_port_(free_port()) {
  start();
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) stop(SIGKILL);
  std::filesystem::remove_all(directory_);
}

std::vector<std::string> ServerProcess::command_line() const {
  std::vector<std::string> words = {program(),
                                    "--data-dir",
                                    data_directory(),
                                    "--listen-client-urls",
                                    url(client_port_),
                                    "--advertise-client-urls",
                                    url(client_port_),
                                    "--listen-peer-urls",
                                    url(peer_port_),
                                    "--initial-advertise-peer-urls",
                                    url(peer_port_),
                                    "--initial-cluster",
                                    "default=" + url(peer_port_)};
  words.insert(words.end(), setting_.flags.begin(), setting_.flags.end());
  return words;
}

void ServerProcess::start() {
  const size_t log_offset = log().size();
  std::vector<std::string> words = command_line();
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log_path = directory_ + "/log";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves no server behind
    const int log_fd = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    for (const std::string& variable : setting_.environment) putenv(const_cast<char*>(variable.c_str()));
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  wait_until_ready(log_offset);
}

void ServerProcess::wait_until_ready(size_t log_offset) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (log().find("ready to serve client requests", log_offset) == std::string::npos) {
    if (!is_running() || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the server did not start:\n" + log().substr(log_offset));
    }
    poll(nullptr, 0, 2);
  }
}

int ServerProcess::stop(int signal) {
  kill(pid_, signal);
  return wait();
}

int ServerProcess::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

bool ServerProcess::is_running() {
  siginfo_t info{};
  return pid_ > 0 && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

std::string ServerProcess::log() const {
  std::ifstream file(directory_ + "/log", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t ServerProcess::thread_count() const {
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid_) + "/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

uint64_t ServerProcess::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  uint64_t size_pages = 0, resident_pages = 0;
  file >> size_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace viaduct::system_test
