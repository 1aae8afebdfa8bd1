// bench: the same load on viaduct and on etcd, side by side. docs/benchmarks.md says how it measures.
#include <getopt.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

#include "bench/failover.h"
#include "bench/failure.h"
#include "bench/plan.h"
#include "bench/rates.h"
#include "bench/report.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

// Below the given directory, and removed with all that is in it.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::string& parent) {
    std::filesystem::create_directories(parent);
    name_ = std::filesystem::absolute(parent).string() + "/bench-XXXXXX";
    if (::mkdtemp(name_.data()) == nullptr) fail_with_errno(name_);
  }
  ~WorkDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  }
  WorkDirectory(const WorkDirectory&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// Ten thousand watchers are as many descriptors, here and in the servers, which inherit the limit.
void allow_many_descriptors() {
  constexpr rlim_t kNeeded = 11'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < kNeeded) throw Failure("needs a hard limit of 11,000 open files (ulimit -Hn)");
}

constexpr char kUsage[] =
    "usage: bench [--viaduct PROGRAM] [--etcd PROGRAM] [--work DIRECTORY] [--rounds N] [--seconds N] "
    "[--cluster MEMBERS] [--quick] [--only TEXT] [--write DOCUMENT]";

size_t count_of(const char* text) {
  char* end = nullptr;
  const unsigned long value = std::strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value == 0) throw Failure(std::string("not a number above zero: ") + text);
  return value;
}

Plan plan_of(int argc, char** argv, std::string& work_parent) {
  Plan plan;
  auto& [viaduct, etcd] = plan.programs;
  viaduct = {"viaduct", "build/bin/viaduct", {}};
  etcd = {"etcd", "/usr/bin/etcd", {"--enable-v2"}};
  const option options[] = {{"viaduct", required_argument, nullptr, 'v'}, {"etcd", required_argument, nullptr, 'e'},
                            {"work", required_argument, nullptr, 'd'},    {"rounds", required_argument, nullptr, 'r'},
                            {"seconds", required_argument, nullptr, 's'}, {"cluster", required_argument, nullptr, 'c'},
                            {"quick", no_argument, nullptr, 'q'},         {"only", required_argument, nullptr, 'o'},
                            {"write", required_argument, nullptr, 'w'},   {nullptr, 0, nullptr, 0}};
  for (int option; (option = ::getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (option) {
      case 'v':
        viaduct.path = optarg;
        break;
      case 'e':
        etcd.path = optarg;
        break;
      case 'd':
        work_parent = optarg;
        break;
      case 'r':
        plan.rounds = count_of(optarg);
        break;
      case 's':
        plan.seconds = std::chrono::seconds(count_of(optarg));
        break;
      case 'c':
        plan.members = count_of(optarg);
        break;
      case 'q':
        plan.quick = true;
        break;
      case 'o':
        plan.only = optarg;
        break;
      case 'w':
        plan.write = optarg;
        break;
      default:
        throw Failure(kUsage);
    }
  }
  if (optind != argc) throw Failure(kUsage);
  return plan;
}

std::string measure_server(const Plan& plan) {
  Samples samples;
  measure_rates(plan, v2_loads(), samples);
  measure_rates(plan, v3_loads(), samples);
  const std::vector<Scenario> scenarios{parked_watches(), queue_drain(),    many_keys(),   many_puts(),
                                        watch_fan_out(),  watch_own_keys(), keep_alives(), compaction()};
  for (const Scenario& scenario : scenarios) measure_scenario(scenario, plan, samples);
  std::string result = report_aims(plan, samples) + report_rates(plan, "v2 requests", v2_loads(), samples) +
                       report_rates(plan, "v3 calls over gRPC", v3_loads(), samples);
  for (const Scenario& scenario : scenarios) result += report_scenario(plan, scenario, samples);
  return result;
}

std::string measure_cluster(const Plan& plan) {
  Samples samples;
  measure_failover(plan, samples);
  measure_cluster_rates(plan, cluster_v2_loads(), samples);
  measure_cluster_rates(plan, cluster_v3_loads(), samples);
  return report_cluster_aims(plan, samples) + report_failover(plan, samples) +
         report_rates(plan, "v2 requests to a cluster", cluster_v2_loads(), samples) +
         report_rates(plan, "v3 calls to a cluster", cluster_v3_loads(), samples);
}

int run(int argc, char** argv) {
  std::string work_parent = "build/bench-data";
  Plan plan = plan_of(argc, argv, work_parent);
  allow_many_descriptors();
  const WorkDirectory work(work_parent);
  plan.work_directory = work.name();
  std::string result = report_setting(plan);
  if (plan.quick) result += "- quick: a hundredth of the watches and keys that the tables name\n";
  result += plan.members > 1 ? measure_cluster(plan) : measure_server(plan);
  std::cout << result;
  if (!plan.write.empty()) {
    write_between_markers(plan.write, plan.members > 1 ? "last result of a cluster" : "last result", result);
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  try {
    return viaduct::bench::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "bench: " << failure.what() << std::endl;
    return EXIT_FAILURE;
  }
}
