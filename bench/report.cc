#include "bench/report.h"

#include <ctime>
#include <fstream>
#include <iterator>

#include "bench/failover.h"
#include "bench/failure.h"
#include "bench/format.h"
#include "bench/machine.h"
#include "bench/rates.h"
#include "bench/table.h"

namespace viaduct::bench {
namespace {

double quotient(const Plan& plan, const Samples& samples, const std::string& figure) {
  const auto& [ours, theirs] = plan.programs;
  return samples.median(ours.name, figure) / samples.median(theirs.name, figure);
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  return text;
}

// What the project wants to reach.
struct Aim {
  enum class Kind {
    kTimesMore,  // the figure is at least `bound` times etcd's
    kTimesLess,  // at most that part of etcd's
    kAtMost,     // of our own
  };
  std::string text;
  std::string figure;
  Kind kind;
  double bound;
};

std::string aim_row(const Plan& plan, const Samples& samples, const Aim& aim) {
  const bool relative = aim.kind != Aim::Kind::kAtMost;
  const double got = relative ? quotient(plan, samples, aim.figure) : samples.median(plan.programs[0].name, aim.figure);
  const bool met = aim.kind == Aim::Kind::kTimesMore ? got >= aim.bound : got <= aim.bound;
  return table_row({aim.text, relative ? ratio(got) : whole(got), met ? "met" : "**missed**"});
}

std::string aims_table(const Plan& plan, const Samples& samples, const std::vector<Aim>& aims) {
  std::string text;
  for (const Aim& aim : aims) {
    if (samples.has(aim.figure)) text += aim_row(plan, samples, aim);
  }
  return text.empty() ? text : "\n### Aims\n\n" + table_header({"aim", "measured", ""}) + text;
}

constexpr char kBusyMark[] = "†";

std::string rate_text(const Samples& samples, const std::string& server, const RateLoad& load) {
  constexpr double kBusy = 0.9;
  const std::string figure = load.figure("rate");
  std::string text = whole(samples.median(server, figure));
  if (samples.count(server, figure) > 1) text += " ± " + whole(50 * samples.spread(server, figure)) + " %";
  return samples.median(server, load.figure("busy")) > kBusy ? text + " " + kBusyMark : text;
}

std::string latency_text(const Samples& samples, const std::string& server, const RateLoad& load) {
  return three_digits(samples.median(server, load.figure("p50"))) + " / " +
         three_digits(samples.median(server, load.figure("p99")));
}

std::string rate_row(const Plan& plan, const Samples& samples, const RateLoad& load) {
  const auto& [ours, theirs] = plan.programs;
  const std::string cpu = load.figure("cpu");
  return table_row({load.request, load.clients, rate_text(samples, ours.name, load),
                    rate_text(samples, theirs.name, load), ratio(quotient(plan, samples, load.figure("rate"))),
                    latency_text(samples, ours.name, load), latency_text(samples, theirs.name, load),
                    three_digits(samples.median(ours.name, cpu)), three_digits(samples.median(theirs.name, cpu)),
                    ratio(quotient(plan, samples, cpu))});
}

}  // namespace

std::string report_setting(const Plan& plan) {
  const auto in_us = [](std::chrono::nanoseconds time) {
    return whole(static_cast<double>(time.count()) / 1000) + " µs";
  };
  const SyncTimes disk = probe_disk(plan.work_directory);
  std::string text = now_text() + ", `make bench" +
                     (plan.members > 1 ? " CLUSTER=" + std::to_string(plan.members) : "") +
                     (plan.quick ? " QUICK=1" : "") + " ROUNDS=" + std::to_string(plan.rounds) +
                     " SECONDS=" + std::to_string(plan.seconds.count()) + "`\n\n";
  text += "- machine: " + describe_cpu() + ", " + describe_kernel() + "\n";
  text += "- disk: 4 KiB written and fdatasync in " + in_us(disk.p50) + " (p50), " + in_us(disk.p99) + " (p99)\n";
  for (const Program& program : plan.programs) {
    text += "- " + version_of(program) + ": `" + command_of(program) + "`\n";
  }
  return text;
}

std::string report_aims(const Plan& plan, const Samples& samples) {
  using enum Aim::Kind;
  return aims_table(
      plan, samples,
      {
          {"GET, 256 clients: at least 1.5 times etcd's rate", "GET × 256: rate", kTimesMore, 1.5},
          {"PUT 64 B, 256 clients: at least twice etcd's rate", "PUT 64 B × 256: rate", kTimesMore, 2},
          {"Range, 16 × 32: at least 2.5 times etcd's rate", "Range × 16 × 32: rate", kTimesMore, 2.5},
          {"Put 64 B, 16 × 32: at least twice etcd's rate", "Put 64 B × 16 × 32: rate", kTimesMore, 2},
          {"a parked watch, of 10,000: at most 8 KB", "memory of a watch, 10,000 parked", kAtMost, 8192},
          {"one write to 10,000 watches: at most 80 ms", "one write until all 10,000 are answered", kAtMost, 80},
      });
}

std::string report_cluster_aims(const Plan& plan, const Samples& samples) {
  using enum Aim::Kind;
  return aims_table(plan, samples,
                    {
                        {"PUT 64 B, 64 clients: at least twice etcd's rate", "PUT 64 B × 64: rate", kTimesMore, 2},
                        {"PUT 64 B, 64 clients: at most 1/2.5 of etcd's CPU", "PUT 64 B × 64: cpu", kTimesLess, 0.4},
                        {"kill -9 of the leader: at most 400 ms without a write, median", kFailoverGap, kAtMost, 400},
                    });
}

std::string report_rates(const Plan& plan, const char* title, const std::vector<RateLoad>& loads,
                         const Samples& samples) {
  const auto& [ours, theirs] = plan.programs;
  std::string text;
  for (const RateLoad& load : loads) {
    if (samples.has(load.figure("rate"))) text += rate_row(plan, samples, load);
  }
  if (text.empty()) return text;
  const std::string footnote =
      "\n" + std::string(kBusyMark) +
      " the load generator was busy for more than 90 % of the time: the server could do more\n";
  const bool marked = text.find(kBusyMark) != std::string::npos;
  return std::string("\n### ") + title + "\n\n" +
         table_header({"load", "clients", ours.name + ", 1/s", theirs.name + ", 1/s", "ratio",
                       ours.name + " p50 / p99, ms", theirs.name + " p50 / p99, ms", ours.name + " CPU, µs",
                       theirs.name + " CPU, µs", "ratio"}) +
         text + (marked ? footnote : "");
}

std::string report_scenario(const Plan& plan, const Scenario& scenario, const Samples& samples) {
  const auto& [ours, theirs] = plan.programs;
  std::string text;
  for (const Figure& figure : scenario.figures) {
    if (!samples.has(figure.name)) continue;
    text +=
        table_row({std::string(figure.name) + ", " + figure.unit, three_digits(samples.median(ours.name, figure.name)),
                   three_digits(samples.median(theirs.name, figure.name)), ratio(quotient(plan, samples, figure.name)),
                   std::to_string(samples.count(ours.name, figure.name))});
  }
  if (text.empty()) return text;
  return std::string("\n### ") + scenario.title + "\n\n" +
         table_header({"figure", ours.name, theirs.name, "ratio", "times measured"}) + text;
}

void write_between_markers(const std::string& document, const std::string& name, const std::string& result) {
  const std::string begin_marker = "<!-- " + name + ": begin -->\n", end_marker = "<!-- " + name + ": end -->\n";
  std::ifstream in(document);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = text.find(begin_marker);
  const size_t end = text.find(end_marker);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw Failure(document + " lacks its marker lines");
  }
  std::ofstream out(document, std::ios::trunc);
  out << text.substr(0, begin + begin_marker.size()) << "\n" << result << "\n" << text.substr(end);
  if (!out.flush()) throw Failure(document + " cannot be written");
}

}  // namespace viaduct::bench
