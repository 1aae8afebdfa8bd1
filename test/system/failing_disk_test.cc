// Disks that fail or fill up under a real server (FM-3, FM-4, CC-4, CC-13).

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server_process.h"
#include "v2_client.h"

namespace viaduct::system_test {
namespace {

// A filesystem of a given size, gone with this object.
class SmallDisk {
 public:
  explicit SmallDisk(const char* size) : path_(make_directory()) {
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, size) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(path_);
  }
  bool is_mounted() const { return mounted_; }
  bool grow(const char* size) { return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, size) == 0; }
  const std::string& path() const { return path_; }

 private:
  static std::string make_directory() {
    std::string path = (std::filesystem::temp_directory_path() / "viaduct-disk-XXXXXX").string();
    return mkdtemp(path.data());
  }
  std::string path_;
  bool mounted_;
};

std::string megabyte(char fill) { return "value=" + std::string(1 << 20, fill); }

// Writes until the server refuses; how many were taken.
int fill(V2Client& client) {
  for (int written = 0; written < 2000; ++written) {
    const auto answer = client.put("/fill/" + std::to_string(written), megabyte('x'));
    REQUIRE(answer);
    if (answer->status == 201) continue;
    CHECK(answer->status == 500);
    CHECK(std::string(answer->json["cause"].GetString()) == "etcdserver: mvcc: database space exceeded");
    return written;
  }
  return -1;
}

// What happens to the syncs of a server that was started with its environment().
class FaultyDisk {
 public:
  FaultyDisk()
      : orders_((std::filesystem::temp_directory_path() / ("faulty-disk-" + std::to_string(getpid()))).string()) {}
  ~FaultyDisk() { mend(); }

  void order(const char* what) { std::ofstream(orders_) << what; }
  void mend() { std::filesystem::remove(orders_); }
  std::vector<std::string> environment() const {
    const char* const library = std::getenv("FAULTY_DISK_LIBRARY");
    REQUIRE_MESSAGE(library, "FAULTY_DISK_LIBRARY names the preloaded library");
    // A server built with the address sanitizer would insist on being loaded first.
    return {std::string("LD_PRELOAD=") + library, "FAULTY_DISK=" + orders_, "ASAN_OPTIONS=verify_asan_link_order=0"};
  }

 private:
  const std::string orders_;
};

TEST_CASE("a sync that fails or hangs ends the server, and what was acknowledged before is there after a restart") {
  struct Case {
    const char* order;
    const char* last_words;
  };
  const Case cases[] = {{"fail", "wal: cannot sync"}, {"hang", "wal: a sync has been under way for 20s"}};
  for (const Case& c : cases) {
    CAPTURE(c.order);
    FaultyDisk disk;
    ServerProcess server({{}, disk.environment(), {}});
    V2Client client(server.port());
    const uint64_t index = client.put("/kept", "value=1")->modified_index();

    disk.order(c.order);
    const auto answer = client.put("/lost", "value=1");
    CHECK((!answer || answer->status == 500));  // no answer, or that it took too long
    const int status = server.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK(server.log().find(c.last_words) != std::string::npos);

    disk.mend();
    server.start();
    V2Client again(server.port());
    CHECK(again.get("/kept")->modified_index() == index);
    CHECK(again.put("/more", "value=1")->status == 201);
  }
}

TEST_CASE("a full disk refuses writes clearly, serves reads and deletes, and recovers by itself, also after a kill") {
  SmallDisk disk("size=420m");
  if (!disk.is_mounted()) {
    MESSAGE("skipped: only root may mount a small disk");
    return;
  }
  ServerProcess server({{}, {}, disk.path()});
  V2Client client(server.port());
  const int written = fill(client);
  REQUIRE(written > 20);
  CHECK(client.get("/fill/0")->status == 200);
  CHECK(client.remove("/fill/0")->status == 200);

  server.stop(SIGKILL);
  server.start();  // on a full disk
  V2Client again(server.port());
  for (int i = 1; i < written; ++i) {
    const auto answer = again.get("/fill/" + std::to_string(i));
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
  CHECK(again.put("/refused", "value=1")->status == 500);

  REQUIRE(disk.grow("size=900m"));
  std::optional<Answer> answer;
  for (int i = 0; i < 100'000 && (!answer || answer->status != 201); ++i) answer = again.put("/accepted", "value=1");
  REQUIRE(answer);
  CHECK(answer->status == 201);
}

}  // namespace
}  // namespace viaduct::system_test
