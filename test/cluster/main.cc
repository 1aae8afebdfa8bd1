// chaos: plays clusters of real processes under faults and load, and checks what their clients saw. README.md says how.
#include <getopt.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "test/cluster/faults.h"
#include "test/cluster/run.h"
#include "test/cluster/small_disk.h"

namespace viaduct::cluster_test {
namespace {

constexpr char kUsage[] =
    "usage: chaos [--program PATH] [--etcd] [--work DIRECTORY] [--seed N] [--runs N] [--jobs N] [--seconds N]\n"
    "             [--disk-library PATH] [--only FAULT] [--flag FLAG]...\n";

struct Options {
  RunSetting setting;
  uint64_t runs = 1;
  uint64_t jobs = 1;
  std::string work = "build/chaos-data";
};

// Set by SIGINT and SIGTERM: no further run begins.
volatile std::sig_atomic_t interrupted = 0;

uint64_t number_of(const char* text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (*text == '\0' || *end != '\0') throw std::runtime_error(std::string("not a number: ") + text);
  return value;
}

bool read_options(int argc, char** argv, Options& options) {
  const option known[] = {{"program", required_argument, nullptr, 'p'},
                          {"etcd", no_argument, nullptr, 'e'},
                          {"work", required_argument, nullptr, 'w'},
                          {"seed", required_argument, nullptr, 's'},
                          {"runs", required_argument, nullptr, 'r'},
                          {"jobs", required_argument, nullptr, 'j'},
                          {"seconds", required_argument, nullptr, 't'},
                          {"only", required_argument, nullptr, 'o'},
                          {"flag", required_argument, nullptr, 'f'},
                          {"disk-library", required_argument, nullptr, 'd'},
                          {nullptr, 0, nullptr, 0}};
  options.setting.program = "build/bin/viaduct";
  for (int option; (option = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (option) {
      case 'p':
        options.setting.program = optarg;
        break;
      case 'e':
        options.setting.etcd = true;
        break;
      case 'w':
        options.work = optarg;
        break;
      case 's':
        options.setting.seed = number_of(optarg);
        break;
      case 'r':
        options.runs = number_of(optarg);
        break;
      case 'j':
        options.jobs = number_of(optarg);
        break;
      case 't':
        options.setting.time = std::chrono::seconds(number_of(optarg));
        break;
      case 'o':
        options.setting.only = optarg;
        break;
      case 'd':
        options.setting.disk_library = std::filesystem::absolute(optarg);
        break;
      case 'f':
        options.setting.flags.push_back(optarg);
        break;
      default:
        return false;
    }
  }
  return optind == argc;
}

class Series {
 public:
  explicit Series(const Options& options) : options_(options) {}

  bool run() {
    std::vector<std::thread> workers;
    for (uint64_t i = 0; i < options_.jobs; ++i) {
      workers.emplace_back([this] {
        for (uint64_t mine; !interrupted && (mine = next_++) < options_.runs;) play_one(options_.setting.seed + mine);
      });
    }
    for (std::thread& worker : workers) worker.join();
    std::cout << "chaos: " << passed_ << " passed, " << failed_ << " failed" << std::endl;
    return failed_ == 0 && passed_ > 0;
  }

 private:
  void play_one(uint64_t seed) {
    RunSetting setting = options_.setting;
    setting.seed = seed;
    setting.directory = std::filesystem::absolute(options_.work).string() + "/" + std::to_string(seed);
    std::filesystem::remove_all(setting.directory);
    report(setting, play(setting));
  }

  void report(const RunSetting& setting, const RunResult& result) {
    const std::lock_guard lock(mutex_);
    const bool good = result.violations.empty();
    ++(good ? passed_ : failed_);
    std::cout << (good ? "ok   " : "FAIL ") << "seed " << result.seed << ": " << result.summary << "\n";
    for (const std::string& violation : result.violations) std::cout << "    " << violation << "\n";
    if (!good) std::cout << "    logs: " << setting.directory << "\n    again: " << command(setting) << "\n";
    std::cout << std::flush;
  }

  static std::string command(const RunSetting& setting) {
    std::string text = "make chaos RUNS=1 SEED=" + std::to_string(setting.seed);
    if (!setting.only.empty()) text += " CHAOS_FLAGS=\"--only " + setting.only + "\"";
    return text;
  }

  const Options& options_;
  std::atomic<uint64_t> next_{0};
  std::mutex mutex_;  // guards the counts and what is printed
  uint64_t passed_ = 0, failed_ = 0;
};

}  // namespace
}  // namespace viaduct::cluster_test

int main(int argc, char** argv) {
  using namespace viaduct::cluster_test;
  try {
    Options options;
    if (!read_options(argc, argv, options)) {
      std::cerr << kUsage << "faults:";
      for (const Faults::Kind& kind : Faults::kinds()) std::cerr << " " << kind.name;
      std::cerr << "\n";
      return EXIT_FAILURE;
    }
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
    std::signal(SIGPIPE, SIG_IGN);
    keep_mounts_private();
    return Series(options).run() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& failure) {
    std::cerr << "chaos: " << failure.what() << std::endl;
    return EXIT_FAILURE;
  }
}
