// What one scrape shows, as it is put together; the only user of prometheus-cpp.
// Threads: one. Names and labels are ours, or checked before they come here (IH-3).
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace viaduct::server {

class MetricFamilies {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // A further sample of the family `name`, which the first of them makes.
  void counter(const std::string& name, const char* help, double value, const Labels& labels = {});
  void gauge(const std::string& name, const char* help, double value, const Labels& labels = {});
  void histogram(const std::string& name, const char* help, const HistogramSample& sample, const Labels& labels = {});

  std::string text() &&;  // the exposition format 0.0.4, families by name

 private:
  prometheus::ClientMetric& add(const std::string& name, const char* help, prometheus::MetricType type,
                                const Labels& labels);

  std::map<std::string, prometheus::MetricFamily> families_;
};

}  // namespace viaduct::server
