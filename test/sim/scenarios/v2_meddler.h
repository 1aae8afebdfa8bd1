// Makes, changes, refreshes and removes, by both APIs, what v2 watches below one directory are to hear of: files and
// directories, some of them hidden, with and without a TTL.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/worker.h"
#include "test/sim/scenarios/scenario.h"

namespace viaduct::sim {

class V2Meddler : cluster_test::Worker<cluster_test::V2Client> {
 public:
  static constexpr char kRoot[] = "/play/v2watch";
  static constexpr char kQuiet[] = "/play/v2quiet", kQuietFile[] = "/play/v2quiet/file";  // where little happens
  static std::span<const char* const> files();        // below kRoot; some may become directories for a while
  static std::span<const char* const> directories();  // below kRoot, and itself

  V2Meddler(Stage& stage, size_t number, uint64_t seed)
      : Worker(stage.workload, number, seed), stage_(stage), v3_(stage, number, seed) {}

  void act();
  // Changes `path` itself, whatever it is; the index of that, 0 if it did not work.
  uint64_t mark(const std::string& path);
  // All answers to writes that succeeded.
  const std::vector<cluster_test::V2Answer>& written() const { return written_; }

 private:
  class V3Half : cluster_test::Worker<cluster_test::V3Client> {
   public:
    V3Half(Stage& stage, size_t number, uint64_t seed) : Worker(stage.workload, number, seed), stage_(stage) {}
    void act();

   private:
    std::string any_key();
    void put();
    void erase();
    void change_many();
    void compact();

    Stage& stage_;
    int64_t newest_ = 0;  // revision that it knows of
  };

  // What its last write of a file left.
  struct Known {
    uint64_t modified = 0;
    int64_t ttl = 0;  // seconds
    cluster_test::Time called{};
  };

  std::string any_file();
  std::string any_directory();
  std::string value();
  std::string ttl();
  void put_if(const std::string& file);
  void erase(const std::string& file);
  void disturb();
  void change_directory(const std::string& directory);
  void note(const cluster_test::V2Answer& answer, cluster_test::Time called);
  cluster_test::V2Answer ask(const std::string& method, const std::string& target, const std::string& form);

  Stage& stage_;
  V3Half v3_;
  std::map<std::string, Known> known_;  // files
  std::vector<cluster_test::V2Answer> written_;
};

}  // namespace viaduct::sim
