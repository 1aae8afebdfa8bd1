#include "test/cluster/run.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "test/cluster/cluster.h"
#include "test/cluster/faults.h"
#include "test/cluster/load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr size_t kDiskMegabytes = 400;  // etcd lays out two segments of 64 MB beforehand

// What a seed decides beside the faults.
struct Shape {
  size_t members = 3;
  bool small_disk = false;  // under the first member
  bool peer_tls = false;
  std::chrono::milliseconds election_timeout{1000};
  std::vector<std::string> flags;
};

Shape shape_of(std::mt19937_64& random) {
  Shape shape;
  if (random() % 4 == 0) shape.members = 5;
  if (random() % 3 == 0) {
    shape.election_timeout = 500ms;
    shape.flags.insert(shape.flags.end(), {"--heartbeat-interval=50", "--election-timeout=500"});
  }
  shape.small_disk = random() % 4 == 0;
  shape.peer_tls = random() % 4 == 0;
  constexpr std::array kSnapshotCounts{"50", "300", "2000"};
  shape.flags.push_back(std::string("--snapshot-count=") + kSnapshotCounts[random() % kSnapshotCounts.size()]);
  return shape;
}

class Run {
 public:
  explicit Run(const RunSetting& setting)
      : setting_(setting),
        random_(setting.seed),
        shape_(shape_of(random_)),
        first_disk_(shape_.small_disk || setting.only == "full-disk"
                        ? SmallDisk::mount(setting.directory + "/infra1", kDiskMegabytes)
                        : nullptr),
        certificates_(shape_.peer_tls || setting.only == "new-certificates"
                          ? std::make_unique<PeerCertificates>(setting.directory + "/certificates")
                          : nullptr),
        cluster_(cluster_setting()),
        faults_(cluster_, {first_disk_.get(), certificates_.get(), !setting.etcd}, random_()),
        load_setting_(load_setting()),
        load_(
            load_setting_, [this] { return cluster_.client_ports(); }, random_()) {}

  RunResult play() {
    try {
      play_through();
    } catch (const std::exception& failure) {
      violations_.add("run", failure.what());
    }
    if (!violations_.none()) keep_evidence();
    return finish();
  }

 private:
  void play_through() {
    cluster_.start();
    load_.start();
    inflict_faults();
    faults_.mend_all();
    load_.mended();
    require_recovery(Clock::now());
    std::this_thread::sleep_for(1s);
    load_.end();
    load_.judge(judged(), violations_);
  }

  LoadSetting load_setting() const {
    LoadSetting setting;
    setting.etcd = setting_.etcd;
    setting.election_timeout = shape_.election_timeout;
    return setting;
  }

  std::vector<JudgedMember> judged() {
    std::vector<JudgedMember> members;
    for (const Node node : cluster_.current())
      members.push_back({cluster_.at(node).name(), cluster_.at(node).client_port()});
    return members;
  }

  void keep_evidence() {
    std::error_code ignored;  // the small disk goes with this run
    if (first_disk_) std::filesystem::copy_file(cluster_.at(0).log_file(), setting_.directory + "/infra1-log", ignored);
    std::ofstream out(setting_.directory + "/history");
    for (const std::string& line : faults_.diary()) out << line << "\n";
    load_.write(out);
  }

  Cluster::Setting cluster_setting() const {
    std::vector<std::string> flags = setting_.flags;
    flags.insert(flags.end(), shape_.flags.begin(), shape_.flags.end());
    if (certificates_) std::ranges::copy(certificates_->flags(), std::back_inserter(flags));
    return {setting_.program,     flags, setting_.directory, shape_.members, certificates_ != nullptr,
            setting_.disk_library};
  }

  void inflict_faults() {
    const auto end = Clock::now() + setting_.time;
    do {
      faults_.inflict(setting_.only.empty() ? faults_.draw() : named(setting_.only));
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 1000));
    } while (Clock::now() < end);
    for (const std::string& failure : faults_.failures()) violations_.add("INV-M3", failure);
  }

  static const Faults::Kind& named(const std::string& name) {
    for (const Faults::Kind& kind : Faults::kinds()) {
      if (kind.name == name) return kind;
    }
    throw std::runtime_error("no fault is called " + name);
  }

  // INV-R14: once all is mended every member serves, and soon.
  void require_recovery(Clock::time_point healed) {
    for (const Node node : cluster_.current()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(healed + load_setting_.recovery - Clock::now());
      if (!cluster_.wait_until_healthy(node, std::max(1ms, left))) {
        violations_.add("INV-R14", cluster_.at(node).name() + " does not serve " +
                                       std::to_string(load_setting_.recovery.count()) +
                                       " ms after everything was mended");
      }
    }
  }

  RunResult finish() {
    RunResult result{setting_.seed, violations_.kept(), ""};
    std::string faults;
    for (const std::string& line : faults_.diary()) {
      if (!line.starts_with(' ')) faults += (faults.empty() ? "" : ", ") + line;
    }
    result.summary = std::to_string(shape_.members) + " members" + (certificates_ ? ", peer TLS" : "") + ", " +
                     shape_.flags.back() + ", " + std::to_string(load_.v2_history().size()) + " v2 and " +
                     std::to_string(load_.v3_history().size()) + " v3 calls, " + std::to_string(load_.leases()) +
                     " leases: " + faults;
    if (load_.undecided() > 0) result.summary += ", " + std::to_string(load_.undecided()) + " keys undecided";
    return result;
  }

  const RunSetting& setting_;
  std::mt19937_64 random_;
  const Shape shape_;
  const std::unique_ptr<SmallDisk> first_disk_;
  const std::unique_ptr<PeerCertificates> certificates_;
  Cluster cluster_;
  Faults faults_;
  const LoadSetting load_setting_;
  Load load_;
  Violations violations_;
};

}  // namespace

RunResult play(const RunSetting& setting) {
  RunResult result{setting.seed, {}, "not begun"};
  try {
    std::filesystem::create_directories(setting.directory);
    result = Run(setting).play();
  } catch (const std::exception& failure) {
    result.violations.push_back(failure.what());
  }
  std::error_code ignored;
  if (result.violations.empty()) std::filesystem::remove_all(setting.directory, ignored);
  return result;
}

}  // namespace viaduct::cluster_test
