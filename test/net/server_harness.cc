#include "test/net/server_harness.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>

namespace viaduct::net {
namespace {

int connect_tcp(const std::string& address) {
  const size_t colon = address.rfind(':');
  const auto port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  std::string host = address.substr(0, colon);
  if (host.front() != '[') {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = port;
    inet_pton(AF_INET, host.c_str(), &name.sin_addr);
    const int socket_number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(socket_number, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) return socket_number;
    ::close(socket_number);
    return -1;
  }
  host = host.substr(1, host.size() - 2);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = port;
  inet_pton(AF_INET6, host.c_str(), &name.sin6_addr);
  const int socket_number = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket_number, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) return socket_number;
  ::close(socket_number);
  return -1;
}

int connect_unix(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  const int socket_number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket_number, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) return socket_number;
  ::close(socket_number);
  return -1;
}

}  // namespace

Client::Client(const std::string& address)
    : descriptor_(address.front() == '/' ? connect_unix(address) : connect_tcp(address)) {
  const timeval patience{10, 0};
  setsockopt(descriptor_.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Client::half_close() { shutdown(descriptor_.number(), SHUT_WR); }

void Client::reset() {
  const struct linger abort { 1, 0 };
  setsockopt(descriptor_.number(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  close();
}

void Client::set_receive_buffer(int bytes) {
  setsockopt(descriptor_.number(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

bool Client::fill() {
  char bytes[65536];
  const ssize_t got = recv(descriptor_.number(), bytes, sizeof(bytes), 0);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) buffer_ += "(open)";
    return false;
  }
  buffer_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::string Client::read_until(std::string_view end) {
  size_t at;
  while ((at = buffer_.find(end)) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {}) + "(end)";
  }
  const std::string read = buffer_.substr(0, at + end.size());
  buffer_.erase(0, read.size());
  return read;
}

std::string Client::read_reply() {
  std::string reply = read_until("\r\n\r\n");
  const size_t length = reply.find("Content-Length: ");
  if (length == std::string::npos) return reply;
  const size_t body = std::stoul(reply.substr(length + 16));
  while (buffer_.size() < body && fill()) {
  }
  reply += buffer_.substr(0, body);
  buffer_.erase(0, body);
  return reply;
}

std::string Client::read_some() {
  if (buffer_.empty()) fill();
  return std::exchange(buffer_, {});
}

std::string Client::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string Client::get(const std::string& target) {
  send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string reply = read_reply();
  const size_t head = reply.find("\r\n\r\n");
  return head == std::string::npos ? reply : reply.substr(head + 4);
}

void echo(Loop& loop, Request&& request, ReplyHandle handle) {
  Reply reply;
  reply.body = std::string(request.target()) + request.body;
  loop.reply(handle, std::move(reply));
}

Server::Server(FunctionHandler::Answer answer, const Limits& limits, const ListenOptions& options, size_t threads,
               BodyPlan plan)
    : handler(std::move(answer), plan), loops(clock, limits, threads) {
  loops.start();
  auto opened = Listener::open(loops, handler, parse_listen_url("http://127.0.0.1:0").value(), options);
  REQUIRE(opened);
  listener = std::move(opened).value();
}

Server::~Server() { listener.reset(); }

void Server::on_loop(const std::function<void()>& function) {
  std::promise<void> done;
  loop().post_function([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

void Server::pass(std::chrono::nanoseconds time) {
  clock.advance(time);
  on_loop([this] { loop().sweep(); });
}

}  // namespace viaduct::net
