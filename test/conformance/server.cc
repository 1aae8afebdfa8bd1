#include "test/conformance/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "test/conformance/connection.h"
#include "test/support/free_port.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

Reply get(int port, const std::string& target) {
  Connection connection(port);
  const Deadline deadline = in(2s);
  connection.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", deadline);
  ReplyParser parser;
  connection.receive(
      parser, [&] { return parser.complete(); }, deadline);
  return parser.complete() ? parser.reply() : Reply();
}

std::string make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "conformance-XXXXXX").string();
  return ::mkdtemp(name.data()) == nullptr ? std::string() : name;
}

}  // namespace

Server::Server(std::string label, std::string directory, Seat seat)
    : label_(std::move(label)), directory_(std::move(directory)), seat_(std::move(seat)) {}

Result<std::unique_ptr<Server>> Server::start(const ServerProgram& program, const std::vector<std::string>& flags) {
  Seat seat{"default", free_port(), free_port(), ""};
  seat.initial_cluster = "default=http://127.0.0.1:" + std::to_string(seat.peer_port);
  VIADUCT_TRY_ASSIGN(server, prepare(program, flags, seat));
  server->launch();
  VIADUCT_TRY(server->wait_until_ready());
  return server;
}

Result<std::unique_ptr<Server>> Server::prepare(const ServerProgram& program, const std::vector<std::string>& flags,
                                                const Seat& seat) {
  const std::string directory = make_directory();
  if (directory.empty()) return Error{Code::kIo, "no temporary directory could be made"};
  std::unique_ptr<Server> server(new Server(program.label, directory, seat));
  const std::string client_url = "http://" + server->client();
  const std::string peer_url = "http://" + server->peer();
  server->command_ = {program.path,
                      "--name=" + seat.name,
                      "--data-dir=" + directory + "/data",
                      "--enable-v2",
                      "--listen-client-urls=" + client_url,
                      "--advertise-client-urls=" + client_url,
                      "--listen-peer-urls=" + peer_url,
                      "--initial-advertise-peer-urls=" + peer_url,
                      "--initial-cluster=" + seat.initial_cluster};
  for (const auto* more : {&program.flags, &flags}) {
    server->command_.insert(server->command_.end(), more->begin(), more->end());
  }
  return server;
}

Server::~Server() {
  stop(SIGTERM);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Server::launch() {
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log_name = directory_ + "/log";
  const int log = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::signal(SIGPIPE, SIG_DFL);  // we ignore it, and that would be inherited
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(log);
}

void Server::stop(int signal) {
  if (!running()) return;
  ::kill(pid_, signal);
  for (const Deadline deadline = in(5s); running() && std::chrono::steady_clock::now() < deadline;) {
    std::this_thread::sleep_for(5ms);
  }
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool Server::running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

Result<void> Server::restart() {
  stop(SIGKILL);
  launch();
  return wait_until_ready();
}

Result<void> Server::restart_empty() {
  stop(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(directory_ + "/data", ignored);
  launch();
  return wait_until_ready();
}

void Server::kill() { stop(SIGKILL); }

// A starting member publishes itself, which etcd counts as a store event: the index is settled when it stays the same.
Result<void> Server::wait_until_ready() {
  std::string index;
  int same = 0;
  for (const Deadline deadline = in(20s); running() && std::chrono::steady_clock::now() < deadline;) {
    const bool healthy = get(seat_.client_port, "/health").status == 200;
    const std::string now = healthy ? get(seat_.client_port, "/v2/keys").header("X-Etcd-Index") : "";
    same = !now.empty() && now != "0" && now == index ? same + 1 : 0;
    if (same == 10) {
      learn_member();
      return {};
    }
    index = now;
    std::this_thread::sleep_for(20ms);
  }
  return Error{Code::kUnavailable, label_ + " did not start: " + end_of_log()};
}

void Server::learn_member() {
  const std::string members = get(seat_.client_port, "/v2/members").body;
  const size_t own = members.find("\",\"name\":\"" + seat_.name + "\"");
  if (own == std::string::npos) return;
  const size_t begin = members.rfind('"', own - 1) + 1;
  member_ = members.substr(begin, own - begin);
}

std::string Server::end_of_log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ + "/log").rdbuf();
  const std::string log = text.str();
  return log.substr(log.size() - std::min<size_t>(log.size(), 2000));
}

}  // namespace viaduct::conformance
