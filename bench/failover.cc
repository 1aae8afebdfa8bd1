#include "bench/failover.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "bench/cluster.h"
#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/format.h"
#include "bench/progress.h"
#include "bench/requests.h"
#include "bench/table.h"
#include "test/cluster/v2_client.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;
using cluster_test::V2Client;

constexpr char kTitle[] = "Failover";
constexpr size_t kRounds = 20;
constexpr size_t kClients = 8;
constexpr char kCatchUp[] = "the killed member, from its start until it has caught up";
constexpr char kWrites[] = "acknowledged writes";
constexpr char kLost[] = "lost writes";

double in_ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// One client: it writes one key after another, each to whatever member takes it.
class Writer {
 public:
  Writer(std::vector<int> ports, std::string directory, size_t first_port)
      : ports_(std::move(ports)), directory_(std::move(directory)), at_(first_port) {}

  void run(const std::atomic<bool>& done) {
    for (size_t n = 0; !done; ++n) {
      if (!write(directory_ + "/" + std::to_string(n), done)) return;
      acknowledged_.push_back(Clock::now());
      std::this_thread::sleep_for(1ms);  // a steady load that leaves the machine room for an election
    }
  }
  const std::vector<Clock::time_point>& acknowledged() const { return acknowledged_; }

 private:
  bool write(const std::string& key, const std::atomic<bool>& done) {
    while (!done) {
      if (!client_) client_.emplace(ports_[at_ % ports_.size()]);
      if (client_->call("PUT", key, "value=" + key, 1s).success()) return true;
      client_.reset();
      if (++at_ % ports_.size() == 0) std::this_thread::sleep_for(1ms);  // all of them refuse
    }
    return false;
  }

  std::vector<int> ports_;
  std::string directory_;
  size_t at_;
  std::optional<V2Client> client_;
  std::vector<Clock::time_point> acknowledged_;
};

Clock::duration longest_gap(const std::vector<Writer>& writers, Clock::time_point from) {
  std::vector<Clock::time_point> times;
  for (const Writer& writer : writers) {
    times.insert(times.end(), writer.acknowledged().begin(), writer.acknowledged().end());
  }
  std::ranges::sort(times);
  Clock::duration longest{};
  for (size_t i = 1; i < times.size(); ++i) {
    if (times[i] >= from) longest = std::max(longest, times[i] - times[i - 1]);
  }
  return longest;
}

// Of one directory of keys whose values are their names, how many are not there on this member.
size_t missing_on(int port, const std::string& directory, size_t count) {
  std::string listing;
  Connection connection(port);
  connection.send(get_request(directory + "?recursive=true"), &listing);
  connection.wait_for_answer();
  connection.require_success();
  size_t missing = 0;
  for (size_t n = 0; n < count; ++n) {
    const std::string key = directory + "/" + std::to_string(n);
    if (listing.find("{\"key\":\"" + key + "\",\"value\":\"" + key + "\"") == std::string::npos) ++missing;
  }
  return missing;
}

uint64_t index_of(int port) {
  const cluster_test::V2Answer answer = V2Client(port).call("GET", "/", std::nullopt, 1s);
  return answer.success() ? answer.index : 0;
}

// From its start until it has, of its own, what the others have.
Clock::duration restart(Cluster& cluster, size_t killed) {
  constexpr auto kPatience = 60s;
  const uint64_t wanted = index_of(cluster.at((killed + 1) % cluster.size()).port());
  const auto begin = Clock::now();
  cluster.at(killed).start();
  while (index_of(cluster.at(killed).port()) < wanted) {
    if (Clock::now() > begin + kPatience) throw Failure("the killed member does not catch up");
    std::this_thread::sleep_for(2ms);
  }
  const auto took = Clock::now() - begin;
  cluster.at(killed).wait_until_serving();
  return took;
}

void play_round(Cluster& cluster, size_t round, const std::string& name, Samples& samples) {
  std::vector<Writer> writers;
  const auto directory = [round](size_t client) {
    return "/failover-" + std::to_string(round) + "/" + std::to_string(client);
  };
  for (size_t i = 0; i < kClients; ++i) writers.emplace_back(cluster.ports(), directory(i), i);
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (Writer& writer : writers) threads.emplace_back([&] { writer.run(done); });
  std::this_thread::sleep_for(1s);
  const size_t killed = cluster.leader_number();
  const auto begin = Clock::now();
  cluster.at(killed).kill();
  cluster.leader_number();  // there is one again
  std::this_thread::sleep_for(2s);
  done = true;
  for (std::thread& thread : threads) thread.join();

  const Clock::duration gap = longest_gap(writers, begin);
  samples.add(name, kFailoverGap, in_ms(gap));
  samples.add(name, kCatchUp, in_ms(restart(cluster, killed)));
  size_t written = 0, lost = 0;
  for (size_t i = 0; i < kClients; ++i) {
    const size_t count = writers[i].acknowledged().size();
    written += count;
    for (const int port : cluster.ports()) lost += count == 0 ? 0 : missing_on(port, directory(i), count);
  }
  samples.add(name, kWrites, static_cast<double>(written));
  samples.add(name, kLost, static_cast<double>(lost));
  progress("round " + std::to_string(round + 1) + "  failover  " + name + "  " + whole(in_ms(gap)) +
           " ms without a write, " + std::to_string(written) + " written, " + std::to_string(lost) + " lost");
}

}  // namespace

void measure_failover(const Plan& plan, Samples& samples) {
  if (!plan.includes(kTitle)) return;
  const size_t rounds = plan.quick ? 2 : kRounds;
  for (const Program& program : plan.programs) {
    Cluster cluster(program, plan.work_directory, plan.members);
    for (size_t round = 0; round < rounds; ++round) play_round(cluster, round, program.name, samples);
  }
}

std::string report_failover(const Plan& plan, const Samples& samples) {
  if (!samples.has(kFailoverGap)) return {};
  const auto& [ours, theirs] = plan.programs;
  const auto row_of = [&](const std::string& text, const char* figure, double fraction) {
    const double our = samples.quantile(ours.name, figure, fraction),
                 their = samples.quantile(theirs.name, figure, fraction);
    return table_row({text, three_digits(our), three_digits(their), ratio(our / their)});
  };
  const auto sum = [&](const std::string& server, const char* figure) { return whole(samples.sum(server, figure)); };
  return std::string("\n### ") + kTitle + ": kill -9 of the leader, " +
         std::to_string(samples.count(theirs.name, kFailoverGap)) + " rounds\n\n" +
         table_header({"figure", ours.name, theirs.name, "ratio"}) +
         row_of(std::string(kFailoverGap) + ", median, ms", kFailoverGap, 0.5) +
         row_of(std::string(kFailoverGap) + ", p90, ms", kFailoverGap, 0.9) +
         row_of(std::string(kFailoverGap) + ", max, ms", kFailoverGap, 1) +
         row_of(std::string(kCatchUp) + ", median, ms", kCatchUp, 0.5) +
         table_row({kWrites, sum(ours.name, kWrites), sum(theirs.name, kWrites), ""}) +
         table_row({kLost, sum(ours.name, kLost), sum(theirs.name, kLost), ""});
}

}  // namespace viaduct::bench
