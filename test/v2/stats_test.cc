#include "v2/stats.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace viaduct;
using namespace viaduct::v2;
using std::chrono::microseconds;

TEST_CASE("a duration falls into the first bucket whose bound it does not exceed") {
  using Durations = Histogram<1000, 3>;  // 1, 2 and 4 us
  struct Case {
    int64_t ns;
    size_t bucket;
  };
  for (const Case& c : {Case{-5, 0}, Case{0, 0}, Case{999, 0}, Case{1000, 0}, Case{1001, 1}, Case{2000, 1},
                        Case{2001, 2}, Case{4000, 2}, Case{4001, 3}, Case{INT64_MAX, 3}}) {
    CAPTURE(c.ns);
    Durations durations;
    durations.observe(std::chrono::nanoseconds(c.ns));
    const HistogramSample sample = durations.sample();
    REQUIRE(sample.counts.size() == 4);
    CHECK(sample.counts[c.bucket] == 1);
    CHECK(sample.total() == 1);
  }
  const HistogramSample empty = Durations().sample();
  CHECK(empty.bounds_seconds == std::vector<double>{1e-6, 2e-6, 4e-6});
  CHECK(empty.total() == 0);
  CHECK(empty.sum_seconds == 0);
}

TEST_CASE("what many threads count adds up") {
  RequestStats requests;
  KeyStats keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        requests.received(RequestStats::Kind::kPut);
        requests.succeeded(RequestStats::Kind::kPut, microseconds(700));
        keys.count_get(n % 2 == 0, true);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const RequestStats::Totals totals = requests.totals(RequestStats::Kind::kPut);
  CHECK(totals.received == 12'000);
  CHECK(totals.durations.total() == 12'000);
  CHECK(totals.durations.counts[1] == 12'000);
  CHECK(totals.durations.sum_seconds == doctest::Approx(8.4));
  CHECK(keys.gets_success() == 12'000);
  CHECK(keys.gets(true, true) == 6'000);
  CHECK(keys.gets_fail() == 0);
}

TEST_CASE("a failure counts under its method and status, an unknown status as 500") {
  RequestStats requests;
  for (const int status : RequestStats::kStatuses) requests.failed(RequestStats::Kind::kGet, status);
  requests.failed(RequestStats::Kind::kGet, 599);
  const RequestStats::Totals totals = requests.totals(RequestStats::Kind::kGet);
  for (size_t i = 0; i < totals.failed.size(); ++i) {
    CAPTURE(RequestStats::kStatuses[i]);
    CHECK(totals.failed[i] == (RequestStats::kStatuses[i] == 500 ? 2 : 1));
  }
  CHECK(requests.totals(RequestStats::Kind::kQuorumGet).failed[0] == 0);
}

TEST_CASE("creates in order count as creates") {
  v3bridge::ApplyCounts counts;
  uint64_t n = 1;
  for (auto& number : counts.v2_success) number = n++;  // V2Write's order: set, create, update, CAS, in order, ...
  const auto totals = write_totals(counts);
  const std::pair<std::string_view, uint64_t> kExpected[] = {
      {"set", 1}, {"delete", 6}, {"update", 3}, {"create", 7}, {"compareAndSwap", 4}, {"compareAndDelete", 7}};
  for (size_t i = 0; i < totals.size(); ++i) {
    CHECK(totals[i].action == kExpected[i].first);
    CHECK(totals[i].success == kExpected[i].second);
    CHECK(totals[i].failure == 0);
  }
}
