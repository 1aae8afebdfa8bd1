// One Handler behind a real listener on loopback, and a client that asks it one thing at a time.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/descriptor.h"
#include "net/listener.h"

namespace viaduct::v2 {

class Loopback {
 public:
  explicit Loopback(net::Handler& handler) : Loopback(handler, system_clock()) {}
  Loopback(net::Handler& handler, const Clock& clock) : loops_(clock, net::Limits(), 1) {
    loops_.start();
    auto listener = net::Listener::open(loops_, handler, net::parse_listen_url("http://127.0.0.1:0").value(), {});
    REQUIRE(listener);
    listener_ = std::move(listener).value();
  }

  // Sends `head`, its lines ended by \n, and `body`; answers all that comes until the server closes.
  std::string ask(std::string_view head, std::string_view body = {}) const {
    std::string request;
    for (const char c : head) request += c == '\n' ? std::string("\r\n") : std::string(1, c);
    request += "Connection: close\r\n\r\n";
    request += body;
    const net::Descriptor socket = connect();
    REQUIRE(::send(socket.number(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    std::string reply;
    char bytes[4096];
    for (ssize_t got; (got = ::recv(socket.number(), bytes, sizeof bytes, 0)) > 0;)
      reply.append(bytes, static_cast<size_t>(got));
    return reply;
  }

  net::Descriptor connect() const {
    const std::string& address = listener_->addresses()[0];
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
    net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{10, 0};  // so that a test that waits in vain fails
    setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    return socket;
  }

  net::LoopGroup& loops() { return loops_; }

 private:
  static const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
  }

  net::LoopGroup loops_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace viaduct::v2
