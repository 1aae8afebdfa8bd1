#include "bench/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/requests.h"
#include "test/support/free_port.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> command_line(const Program& program, const std::string& directory, const std::string& name,
                                      const std::string& client, const std::string& peer,
                                      const std::string& initial_cluster) {
  const std::string client_url = "http://127.0.0.1:" + client;
  const std::string peer_url = "http://127.0.0.1:" + peer;
  std::vector<std::string> words{program.path,
                                 "--data-dir=" + directory,
                                 "--listen-client-urls=" + client_url,
                                 "--advertise-client-urls=" + client_url,
                                 "--listen-peer-urls=" + peer_url,
                                 "--initial-advertise-peer-urls=" + peer_url,
                                 "--initial-cluster=" + initial_cluster};
  if (name != "default") words.insert(words.begin() + 1, "--name=" + name);
  words.insert(words.end(), program.flags.begin(), program.flags.end());
  return words;
}

Seat alone() {
  Seat seat{"default", free_port(), free_port(), ""};
  seat.initial_cluster = "default=http://127.0.0.1:" + std::to_string(seat.peer_port);
  return seat;
}

// In the child: dies with us, whatever ends us.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& log_name) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

std::string version_of(const Program& program) {
  FILE* output = ::popen(("'" + program.path + "' --version").c_str(), "r");
  if (output == nullptr) fail_with_errno(program.path);
  std::array<char, 256> line{};
  const bool read = ::fgets(line.data(), line.size(), output) != nullptr;
  ::pclose(output);
  if (!read) throw Failure(program.path + " --version prints nothing");
  const std::string text(line.data());
  return text.substr(0, text.find('\n'));
}

std::string command_of(const Program& program) {
  std::string text;
  for (const std::string& word :
       command_line(program, "DIRECTORY", "default", "PORT", "PEER_PORT", "default=http://127.0.0.1:PEER_PORT")) {
    text += " " + word;
  }
  return program.name + text.substr(1 + program.path.size());
}

Server::Server(const Program& program, const std::string& work_directory) : Server(program, work_directory, alone()) {
  launch();
}

Server::Server(const Program& program, const std::string& work_directory, Seat seat)
    : program_(program), seat_(std::move(seat)) {
  directory_ = work_directory + "/" + program.name + "-XXXXXX";
  if (::mkdtemp(directory_.data()) == nullptr) fail_with_errno(directory_);
}

Server::~Server() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::chrono::nanoseconds Server::restart() {
  stop();
  return launch();
}

std::chrono::nanoseconds Server::launch() {
  const auto begin = Clock::now();
  start();
  wait_until_serving();
  return Clock::now() - begin;
}

void Server::start() {
  const auto words = command_line(program_, directory_ + "/data", seat_.name, std::to_string(seat_.client_port),
                                  std::to_string(seat_.peer_port), seat_.initial_cluster);
  pid_ = ::fork();
  if (pid_ < 0) fail_with_errno("fork");
  if (pid_ == 0) become(words, directory_ + "/log");
}

void Server::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Server::stop() {
  constexpr auto kPatience = 30s;
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  for (const auto end = Clock::now() + kPatience; Clock::now() < end; std::this_thread::sleep_for(2ms)) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return;
    }
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

// A server that does not listen yet, or has no leader yet, is asked again.
void Server::wait_until_serving() {
  constexpr auto kPatience = 180s;
  const std::string request = get_request("/?quorum=true");
  for (const auto end = Clock::now() + kPatience; Clock::now() < end; std::this_thread::sleep_for(1ms)) {
    require_alive();
    try {
      Connection connection(seat_.client_port);
      connection.send(request);
      connection.wait_for_answer();
      connection.require_success();
      return;
    } catch (const Failure&) {
      continue;
    }
  }
  throw Failure(program_.name + " serves nothing after three minutes\n" + end_of_log());
}

void Server::require_alive() {
  if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return;
  pid_ = -1;
  throw Failure(program_.name + " ended by itself: " + command_of(program_) + "\n" + end_of_log());
}

std::string Server::end_of_log() const {
  constexpr size_t kBytes = 1000;
  std::ifstream in(directory_ + "/log");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.substr(text.size() - std::min(text.size(), kBytes));
}

}  // namespace viaduct::bench
