#include "test/cluster/damage.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace viaduct::cluster_test {
namespace {

namespace fs = std::filesystem;

constexpr auto kPause = std::chrono::milliseconds(20);
constexpr uint64_t kSectorBytes = 512;

std::vector<fs::path> segments(const std::string& data_directory) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_directory + "/wal")) {
    if (entry.path().extension() == ".wal") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Behind the last byte that is not zero.
uint64_t used_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string sector(kSectorBytes, '\0');
  uint64_t used = 0;
  for (uint64_t at = 0; in.read(sector.data(), kSectorBytes); at += kSectorBytes) {
    if (sector.find_last_not_of('\0') != std::string::npos) used = at + kSectorBytes;
  }
  return used;
}

void overwrite(const fs::path& file, uint64_t at, const std::string& bytes) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at));
  out << bytes;
}

}  // namespace

std::string damage_log(const std::string& data_directory, std::mt19937_64& random) {
  const std::vector<fs::path> files = segments(data_directory);
  const fs::path& newest = files.back();
  const uint64_t used = used_bytes(newest);
  const uint64_t at = random() % std::max<uint64_t>(1, used);
  switch (random() % 4) {
    case 0:
      overwrite(newest, at, std::string(1, '\x5a'));
      return "a byte of the log is another, at " + std::to_string(at) + " of " + std::to_string(used);
    case 1: {  // not the last: what the newest frame lacks may never have been written (CC-6)
      const uint64_t sector = at / 2 / kSectorBytes * kSectorBytes;
      overwrite(newest, sector, std::string(kSectorBytes, '\0'));
      return "a sector of the log is zero, at " + std::to_string(sector) + " of " + std::to_string(used);
    }
    case 2:
      fs::remove(files.front());
      return "the oldest of " + std::to_string(files.size()) + " segments is gone";
    default:
      fs::remove_all(data_directory + "/wal");
      return "the log is gone";
  }
}

// Once it runs and has nothing to heal it has no such file either.
bool wait_until_healed(const std::string& data_directory, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::this_thread::sleep_for(std::chrono::seconds(1));
  while (fs::exists(data_directory + "/quarantine")) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

size_t descriptors_of(pid_t pid) {
  const fs::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<size_t>(std::distance(all, fs::directory_iterator()));
}

uint64_t address_space_of(pid_t pid) {
  uint64_t pages = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> pages;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace viaduct::cluster_test
