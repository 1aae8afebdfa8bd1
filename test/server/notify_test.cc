#include "server/notify.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "test/support/temporary_directory.h"

namespace viaduct::server {
namespace {

// A supervisor's end: a datagram socket under `name`, where a leading @ stands for the abstract namespace.
class Supervisor {
 public:
  explicit Supervisor(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  }
  ~Supervisor() { close(fd_); }

  std::string received() {
    std::array<char, 64> buffer{};
    const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<size_t>(size));
  }

 private:
  int fd_;
};

TEST_CASE("the supervisor gets one datagram, by path or by abstract name") {
  TemporaryDirectory directory;
  for (const std::string& name : {directory.path() + "/notify", "@viaduct-notify-test-" + std::to_string(getpid())}) {
    CAPTURE(name);
    Supervisor supervisor(name);
    REQUIRE(notify_supervisor(name, kNotifyReady));
    CHECK(supervisor.received() == "READY=1");
    REQUIRE(notify_supervisor(name, kNotifyStopping));
    CHECK(supervisor.received() == "STOPPING=1");
    CHECK(supervisor.received() == "");
  }
}

TEST_CASE("nobody to tell is fine, nobody at the other end is an error to go on after") {
  CHECK(notify_supervisor("", kNotifyReady));
  CHECK(notify_supervisor("/nonexistent/socket", kNotifyReady).error().code == Code::kIo);
  CHECK(notify_supervisor("relative", kNotifyReady).error().code == Code::kInvalidArgument);
  CHECK(notify_supervisor("/" + std::string(200, 'x'), kNotifyReady).error().code == Code::kInvalidArgument);
}

}  // namespace
}  // namespace viaduct::server
