// sim: plays whole clusters, each from one seed, and checks what happened. README.md says how.
//
// Every run is a process of its own, so that a failed assertion is one failed seed; one in a hundred is played twice,
// the second time at addresses that the kernel has drawn, and must come out the same (SIM-2).
#include <getopt.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "test/sim/run.h"

namespace viaduct::sim {
namespace {

constexpr rlim_t kMostCpuSeconds = 120;
constexpr unsigned kLongestRunSeconds =
    3600;  // real ones: only who waits for ever takes so long, on the busiest machine
constexpr uint64_t kTwiceEvery = 100;
constexpr char kProgram[] = "/proc/self/exe";

struct Options {
  uint64_t first = 1, seeds = 1, parallel = 1;
  double seconds = 1e9;  // then no further seed is begun
  bool trace = false, until_failure = false, random_addresses = false;
  int report_to = -1;  // a descriptor: the first seed is played in this process, and its report goes there
};

struct Child {
  uint64_t seed = 0;
  bool again = false;
  pid_t process = 0;
  int output = -1;  // its report
  int errors = -1;  // what it wrote to stderr; none with a trace
  std::string text;
};

// Lines "key value"; violations and the plan hold no line ends.
std::string encode(const Report& report) {
  std::ostringstream text;
  text << "hash " << report.hash << "\nseconds " << report.simulated_seconds << "\nplan " << report.plan << "\n";
  for (const auto& [name, count] : report.counts) text << "count " << count << " " << name << "\n";
  for (const auto& [name, times] : report.marks) text << "mark " << times << " " << name << "\n";
  for (const std::string& violation : report.violations) text << "violation " << violation << "\n";
  text << "end\n";
  return text.str();
}

bool decode(const std::string& text, Report& report) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    std::string rest = line.substr(std::min(line.size(), key.size() + 1));
    if (key == "hash") report.hash = std::stoull(rest);
    if (key == "seconds") report.simulated_seconds = std::stod(rest);
    if (key == "plan") report.plan = rest;
    if (key == "violation") report.violations.push_back(rest);
    if (key == "count") report.counts[rest.substr(rest.find(' ') + 1)] = std::stoull(rest);
    if (key == "mark") report.marks[rest.substr(rest.find(' ') + 1)] = std::stoull(rest);
    if (key == "end") return true;
  }
  return false;
}

[[noreturn]] void run_child(const Options& options, uint64_t seed, int output) {
  alarm(kLongestRunSeconds);
  const rlimit no_core{0, 0}, cpu{kMostCpuSeconds, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &cpu);
  const std::string text = encode(simulate(seed, options.trace));
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(output, text.data() + written, text.size() - written);
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  ::_exit(0);
}

[[noreturn]] void run_elsewhere(uint64_t seed, int output) {
  ::execl(kProgram, "sim", "--random-addresses", "--seed", std::to_string(seed).c_str(), "--report-to",
          std::to_string(output).c_str(), nullptr);
  std::abort();
}

Child start(const Options& options, uint64_t seed, bool again) {
  int pipes[2], errors = -1;
  if (::pipe(pipes) != 0) std::abort();
  if (!options.trace) errors = ::memfd_create("stderr", 0);
  std::fflush(nullptr);
  const pid_t process = ::fork();
  if (process == 0) {
    if (errors >= 0) ::dup2(errors, 2);
    if (again) run_elsewhere(seed, pipes[1]);
    run_child(options, seed, pipes[1]);
  }
  ::close(pipes[1]);
  return {seed, again, process, pipes[0], errors, {}};
}

std::string tail_of(int errors) {
  if (errors < 0) return {};
  constexpr off_t kMost = 4000;
  const off_t size = ::lseek(errors, 0, SEEK_END);
  std::string text(static_cast<size_t>(std::min(size, kMost)), '\0');
  const ssize_t got = ::pread(errors, text.data(), text.size(), std::max<off_t>(0, size - kMost));
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, got)));
  return text;
}

class Runs {
 public:
  explicit Runs(const Options& options) : options_(options), begun_(std::chrono::steady_clock::now()) {}

  int play() {
    uint64_t next = options_.first;
    const uint64_t end = options_.first + options_.seeds;
    const auto more = [&] {
      return next < end && elapsed() < options_.seconds && !(options_.until_failure && failed_ > 0);
    };
    while (more() || !children_.empty()) {
      while (more() && children_.size() < options_.parallel) {
        const bool twice = options_.seeds > 1 && next % kTwiceEvery == 0;
        children_.push_back(start(options_, next, false));
        if (twice) children_.push_back(start(options_, next, true));
        ++next;
      }
      await_one();
      show_progress(false);
    }
    show_progress(true);
    summarize();
    return failed_ == 0 ? 0 : 1;
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

  void await_one() {
    std::vector<pollfd> waiting;
    for (const Child& child : children_) waiting.push_back({child.output, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) <= 0) return;
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (!waiting[i].revents) continue;
      Child& child = children_[i];
      char bytes[65536];
      const ssize_t got = ::read(child.output, bytes, sizeof bytes);
      if (got > 0) {
        child.text.append(bytes, static_cast<size_t>(got));
        continue;
      }
      finish(child);
      children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  void finish(Child& child) {
    int status = 0;
    ::waitpid(child.process, &status, 0);
    Report report;
    report.seed = child.seed;
    if (!decode(child.text, report)) {
      const int by = WTERMSIG(status);
      report.violations.push_back(by == SIGALRM || by == SIGXCPU ? "it did not come to an end"
                                                                 : "its process died, by signal " + std::to_string(by));
    }
    compare(report);
    if (!child.again || !report.violations.empty()) count(report, child);
    ::close(child.output);
    if (child.errors >= 0) ::close(child.errors);
  }

  void compare(Report& report) {
    if (report.hash == 0) return;
    const auto [known, is_new] = hashes_.emplace(report.seed, report.hash);
    if (is_new) return;
    ++repeated_;
    if (known->second != report.hash)
      report.violations.push_back("SIM-2: played again, at other addresses, it came out differently");
  }

  void count(const Report& report, const Child& child) {
    seconds_ += report.simulated_seconds;
    for (const auto& [name, times] : report.counts) counts_[name] += times;
    for (const auto& [name, times] : report.marks) marks_[name] += times > 0;
    if (report.violations.empty()) {
      ++passed_;
      if (options_.seeds == 1)
        std::cout << "seed " << report.seed << ": " << report.plan << "\n  hash " << std::hex << report.hash << std::dec
                  << "\n";
      return;
    }
    ++failed_;
    std::cout << "\nseed " << report.seed << " failed: " << report.plan << "\n";
    for (const std::string& violation : report.violations) std::cout << "  " << violation << "\n";
    if (report.hash == 0) std::cout << tail_of(child.errors);
    std::cout << "  again: make sim SEED=" << report.seed << " SEEDS=1 TRACE=1\n" << std::flush;
  }

  void show_progress(bool last) {
    const double now = elapsed();
    if (!last && now - shown_ < 10) return;
    shown_ = now;
    if (options_.seeds == 1) return;
    std::printf("%8.0f s: %lu seeds, %lu failed, %.1f seeds/s, %.1f simulated hours\n", now, passed_ + failed_, failed_,
                static_cast<double>(passed_ + failed_) / now, seconds_ / 3600);
    std::fflush(stdout);
  }

  void summarize() const {
    for (const auto& [name, times] : counts_) std::cout << "  " << name << ": " << times << "\n";
    std::cout << "marks, and in how many seeds each was reached (SIM-9):\n";
    for (const auto& [name, seeds] : marks_)
      std::cout << "  " << (seeds > 0 ? std::to_string(seeds) : "never") << "  " << name << "\n";
    if (repeated_ > 0) std::cout << "  played twice: " << repeated_ << "\n";
    std::cout << "sim: " << passed_ << " passed, " << failed_ << " failed\n";
  }

  const Options options_;
  const std::chrono::steady_clock::time_point begun_;
  double shown_ = 0;
  std::vector<Child> children_;
  std::map<uint64_t, uint64_t> hashes_;
  std::map<std::string, uint64_t> counts_, marks_;
  uint64_t passed_ = 0, failed_ = 0, repeated_ = 0;
  double seconds_ = 0;
};

bool read_options(int argc, char** argv, Options& options) {
  const option known[] = {{"seed", required_argument, nullptr, 's'},
                          {"seeds", required_argument, nullptr, 'n'},
                          {"parallel", required_argument, nullptr, 'p'},
                          {"seconds", required_argument, nullptr, 'l'},
                          {"trace", no_argument, nullptr, 't'},
                          {"until-failure", no_argument, nullptr, 'u'},
                          {"random-addresses", no_argument, nullptr, 'r'},
                          {"report-to", required_argument, nullptr, 'o'},
                          {nullptr, 0, nullptr, 0}};
  for (int option; (option = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    if (option == 's')
      options.first = std::stoull(optarg);
    else if (option == 'n')
      options.seeds = std::stoull(optarg);
    else if (option == 'p')
      options.parallel = std::stoull(optarg);
    else if (option == 'l')
      options.seconds = std::stod(optarg);
    else if (option == 't')
      options.trace = true;
    else if (option == 'u')
      options.until_failure = true;
    else if (option == 'r')
      options.random_addresses = true;
    else if (option == 'o')
      options.report_to = std::stoi(optarg);
    else
      return false;
  }
  return true;
}

// The same addresses in every process, so that a failure that hangs on them is the same again; or each time others.
void set_addresses(bool random, char** argv) {
  const int persona = ::personality(0xffffffff);
  if (persona < 0 || ((persona & ADDR_NO_RANDOMIZE) == 0) == random) return;
  if (::personality(static_cast<unsigned long>(persona) ^ ADDR_NO_RANDOMIZE) >= 0) ::execv(kProgram, argv);
}

}  // namespace
}  // namespace viaduct::sim

int main(int argc, char** argv) {
  viaduct::sim::Options options;
  if (!viaduct::sim::read_options(argc, argv, options)) {
    std::cerr << "usage: sim [--seed N] [--seeds N] [--parallel N] [--seconds N] [--until-failure] [--trace]\n"
                 "           [--random-addresses]\n";
    return 2;
  }
  viaduct::sim::set_addresses(options.random_addresses, argv);
  if (options.report_to >= 0) viaduct::sim::run_child(options, options.first, options.report_to);
  return viaduct::sim::Runs(options).play();
}
