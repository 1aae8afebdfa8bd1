// A TCP server on loopback that says what a test tells it, byte for byte: one connection at a time.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/descriptor.h"

namespace viaduct::peer {

class RawServer {
 public:
  class Connection {
   public:
    explicit Connection(int descriptor) : descriptor_(descriptor) {}
    void say(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(sent));
      }
    }
    std::string hear(std::string_view end) const {  // up to and with `end`, or all there was
      std::string heard;
      for (char byte; !heard.ends_with(end) && recv(descriptor_, &byte, 1, 0) == 1;) heard.push_back(byte);
      return heard;
    }
    void reset() const {  // the close that follows sends RST
      const linger hard{1, 0};
      setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    }

   private:
    const int descriptor_;
  };
  using Talk = std::function<void(const Connection&)>;

  explicit RawServer(Talk talk) : talk_(std::move(talk)), listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listening_.number(), raw, size) == 0);
    REQUIRE(listen(listening_.number(), 16) == 0);
    REQUIRE(getsockname(listening_.number(), raw, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~RawServer() {
    shutdown(listening_.number(), SHUT_RDWR);
    const int open = open_.load();
    if (open >= 0) shutdown(open, SHUT_RDWR);
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void run() {
    for (;;) {
      const net::Descriptor accepted(accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!accepted) return;
      open_ = accepted.number();
      talk_(Connection(accepted.number()));
      open_ = -1;
    }
  }

  const Talk talk_;
  const net::Descriptor listening_;
  std::atomic<int> open_{-1};
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace viaduct::peer
