#include "free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <random>
#include <set>
#include <stdexcept>

namespace viaduct {
namespace {

constexpr int kFirst = 10'000;
constexpr int kEnd = 32'000;  // Linux begins its ephemeral ports at 32768
constexpr int kTries = 1000;

bool is_free(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return bound;
}

// Once only in this process: whoever got a port may not listen yet.
bool take(int port) {
  static std::mutex mutex;
  static std::set<int> taken;
  const std::lock_guard lock(mutex);
  return taken.size() < (kEnd - kFirst) / 2 ? taken.insert(port).second : true;
}

}  // namespace

int free_port() {
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> ports(kFirst, kEnd - 1);
  for (int i = 0; i < kTries; ++i) {
    if (const int port = ports(random); is_free(port) && take(port)) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace viaduct
