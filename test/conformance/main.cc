// conformance: plays every scenario against etcd and against viaduct and reports what differs. README.md says how.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "test/conformance/compare.h"
#include "test/conformance/differences.h"
#include "test/conformance/player.h"

namespace viaduct::conformance {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path directory = "test/conformance";
  std::string etcd = "/usr/bin/etcd";
  std::string viaduct = "build/bin/viaduct";
  std::string filter;
  bool self_check = false;  // etcd on both sides
  bool verbose = false;
  int jobs = 4;
};

// Set by SIGINT and SIGTERM: no further case begins, so that every server is stopped and its directory removed.
volatile std::sig_atomic_t interrupted = 0;

void end_in_order_on_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
  std::signal(SIGPIPE, SIG_IGN);  // a reader of our output may leave early, the servers may not stay
}

struct Totals {
  std::mutex output;  // guards what is printed and the counts
  int passed = 0;
  int failed = 0;
};

constexpr const char* kUsage =
    "usage: conformance [--against etcd] [--etcd PATH] [--viaduct PATH] [--directory PATH] [--jobs N] [-v] [FILTER]\n"
    "FILTER plays only the cases whose name contains it.\n";

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool takes_value = word.starts_with("--");
    if (takes_value && i + 1 == argc) return false;
    const std::string value = takes_value ? argv[++i] : "";
    if (word == "--against" && (value == "etcd" || value == "viaduct")) {
      options.self_check = value == "etcd";
    } else if (word == "--etcd") {
      options.etcd = value;
    } else if (word == "--viaduct") {
      options.viaduct = value;
    } else if (word == "--directory") {
      options.directory = value;
    } else if (word == "--jobs" && std::atoi(value.c_str()) > 0) {
      options.jobs = std::atoi(value.c_str());
    } else if (word == "-v") {
      options.verbose = true;
    } else if (!word.starts_with("-") && options.filter.empty()) {
      options.filter = word;
    } else {
      return false;
    }
  }
  return true;
}

std::string contents_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

Result<std::vector<Scenario>> load_scenarios(const Options& options) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(options.directory / "scenarios", missing)) {
    if (entry.path().extension() == ".scn") files.push_back(entry.path());
  }
  if (missing) return Error{Code::kNotFound, "no scenarios in " + options.directory.string()};
  std::sort(files.begin(), files.end());
  std::vector<Scenario> scenarios;
  for (const fs::path& file : files) {
    Result<Scenario> scenario = parse_scenario(file.stem(), contents_of(file));
    if (!scenario) return Error{scenario.error().code, file.string() + ", " + scenario.error().message};
    std::erase_if(scenario->cases, [&](const Case& one) { return one.name.find(options.filter) == std::string::npos; });
    if (!scenario->cases.empty()) scenarios.push_back(std::move(*scenario));
  }
  return scenarios;
}

// A long or many-line value, cut to what helps.
std::string shown(const std::string& value) {
  constexpr size_t kMost = 1200;
  std::string text = value.size() > kMost ? value.substr(0, kMost) + "..." : value;
  while (text.ends_with('\n')) text.replace(text.size() - 1, 1, "\\n");
  return text;
}

std::string side_by_side(const Difference& difference, const std::string& oracle, const std::string& tested) {
  return "    " + difference.field + "\n      " + oracle + ": " + shown(difference.oracle) + "\n      " + tested +
         ": " + shown(difference.tested) + "\n";
}

std::string all_of(const Record& record) {
  std::string text;
  for (const Observation& one : record.observations) text += "    " + one.field + ": " + shown(one.value) + "\n";
  return text;
}

class Run {
 public:
  Run(const Options& options, Differences differences) : options_(options), differences_(std::move(differences)) {
    oracle_ = {"etcd", options.etcd, {}};
    tested_ = options.self_check ? ServerProgram{"etcd again", options.etcd, {}}
                                 : ServerProgram{"viaduct", options.viaduct, {"--advertise-etcd-version=3.4.23"}};
  }

  void play(const std::vector<Scenario>& scenarios) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < options_.jobs; ++i) {
      workers.emplace_back([&] {
        for (size_t mine; !interrupted && (mine = next++) < scenarios.size();) play(scenarios[mine]);
      });
    }
    for (std::thread& worker : workers) worker.join();
  }

  bool finish() {
    if (interrupted) fail("interrupted", "");
    if (options_.filter.empty() && !options_.self_check && !interrupted) {
      for (const std::string& line : differences_.stale()) fail("listed difference that does not occur", line + "\n");
    }
    std::cout << "conformance: " << totals_.passed << " passed, " << totals_.failed << " failed" << std::endl;
    return totals_.failed == 0 && totals_.passed > 0;
  }

 private:
  void play(const Scenario& scenario) {
    if (scenario.alone) return play_alone(scenario);
    auto starting = std::async(std::launch::async,
                               [&] { return Servers::start(oracle_, scenario.server_flags, scenario.members); });
    Result<std::unique_ptr<Servers>> tested = Servers::start(tested_, scenario.server_flags, scenario.members);
    Result<std::unique_ptr<Servers>> oracle = starting.get();
    for (const auto* side : {&oracle, &tested}) {
      if (!*side) return fail(scenario.name, "    " + side->error().message + "\n");
    }
    Player oracle_player(**oracle, false);
    Player tested_player(**tested, false);
    int number = 0;
    for (const Case& one : scenario.cases) {
      if (interrupted) return;
      ++number;
      auto playing = std::async(std::launch::async, [&] { return oracle_player.play(one, number); });
      const Record tested_record = tested_player.play(one, number);
      judge(one, playing.get(), tested_record);
    }
  }

  void play_alone(const Scenario& scenario) {
    if (options_.self_check) return;
    Result<std::unique_ptr<Servers>> tested = Servers::start(tested_, scenario.server_flags, scenario.members);
    if (!tested) return fail(scenario.name, "    " + tested.error().message + "\n");
    Player player(**tested, true);
    int number = 0;
    for (const Case& one : scenario.cases) {
      if (interrupted) return;
      judge_alone(one, player.play(one, ++number));
    }
  }

  void judge_alone(const Case& one, const Record& record) {
    std::string report;
    for (const std::string& line : record.unexpected) report += "    " + line + "\n";
    if (!report.empty()) return fail(one.name, report);
    pass(one.name, record);
  }

  void judge(const Case& one, const Record& oracle, const Record& tested) {
    std::string report;
    for (const std::string& line : oracle.unexpected) report += "    etcd does not answer as announced, " + line + "\n";
    for (const Difference& difference : compare(oracle, tested)) {
      const bool listed = !options_.self_check && differences_.covers(one.name, difference.field, difference.tested);
      if (!listed) report += side_by_side(difference, oracle_.label, tested_.label);
    }
    if (!report.empty()) return fail(one.name, report);
    pass(one.name, oracle);
  }

  void pass(const std::string& name, const Record& record) {
    const std::lock_guard lock(totals_.output);
    ++totals_.passed;
    if (options_.verbose) std::cout << "ok   " << name << "\n" << all_of(record);
  }

  void fail(const std::string& name, const std::string& report) {
    const std::lock_guard lock(totals_.output);
    ++totals_.failed;
    std::cout << "FAIL " << name << "\n" << report;
  }

  const Options& options_;
  Differences differences_;
  ServerProgram oracle_;
  ServerProgram tested_;
  Totals totals_;
};

int run(const Options& options) {
  for (const std::string& program : {options.etcd, options.self_check ? options.etcd : options.viaduct}) {
    if (!fs::exists(program)) {
      std::cout << "conformance: " << program << " is not there; `make deps` installs etcd, `make` builds viaduct\n";
      return EXIT_FAILURE;
    }
  }
  const Result<std::vector<Scenario>> scenarios = load_scenarios(options);
  Result<Differences> differences = Differences::parse(contents_of(options.directory / "differences.txt"));
  if (!scenarios || !differences) {
    std::cout << "conformance: " << (!scenarios ? scenarios.error() : differences.error()).message << "\n";
    return EXIT_FAILURE;
  }
  end_in_order_on_signals();
  Run run(options, std::move(*differences));
  run.play(*scenarios);
  return run.finish() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace viaduct::conformance

int main(int argc, char** argv) {
  viaduct::conformance::Options options;
  if (!viaduct::conformance::read_options(argc, argv, options)) {
    std::fputs(viaduct::conformance::kUsage, stderr);
    return EXIT_FAILURE;
  }
  return viaduct::conformance::run(options);
}
