#include "server/metric_families.h"

#include <prometheus/text_serializer.h>

#include <limits>

namespace viaduct::server {

using prometheus::MetricType;

prometheus::ClientMetric& MetricFamilies::add(const std::string& name, const char* help, MetricType type,
                                              const Labels& labels) {
  prometheus::MetricFamily& family = families_[name];
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [label, value] : labels) metric.label.push_back({label, value});
  return metric;
}

void MetricFamilies::counter(const std::string& name, const char* help, double value, const Labels& labels) {
  add(name, help, MetricType::Counter, labels).counter.value = value;
}

void MetricFamilies::gauge(const std::string& name, const char* help, double value, const Labels& labels) {
  add(name, help, MetricType::Gauge, labels).gauge.value = value;
}

void MetricFamilies::histogram(const std::string& name, const char* help, const HistogramSample& sample,
                               const Labels& labels) {
  prometheus::ClientMetric::Histogram& histogram = add(name, help, MetricType::Histogram, labels).histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < sample.counts.size(); ++i) {
    cumulative += sample.counts[i];
    const bool last = i == sample.bounds_seconds.size();
    histogram.bucket.push_back({cumulative, last ? std::numeric_limits<double>::infinity() : sample.bounds_seconds[i]});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = sample.sum_seconds;
}

std::string MetricFamilies::text() && {
  std::vector<prometheus::MetricFamily> ordered;
  for (auto& [name, family] : families_) ordered.push_back(std::move(family));
  families_.clear();
  return prometheus::TextSerializer().Serialize(ordered);
}

}  // namespace viaduct::server
