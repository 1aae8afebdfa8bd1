#include "bench/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace viaduct::bench {

void Samples::add(const std::string& server, const std::string& figure, double value) {
  values_[{figure, server}].push_back(value);
}

bool Samples::has(const std::string& figure) const {
  const auto found = values_.lower_bound({figure, ""});
  return found != values_.end() && found->first.first == figure;
}

double Samples::median(const std::string& server, const std::string& figure) const {
  std::vector<double> sorted = of(server, figure);
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::quantile(const std::string& server, const std::string& figure, double fraction) const {
  std::vector<double> sorted = of(server, figure);
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<size_t>(std::ceil(fraction * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

double Samples::spread(const std::string& server, const std::string& figure) const {
  const std::vector<double>& values = of(server, figure);
  if (values.empty()) return 0;
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  return (*largest - *smallest) / median(server, figure);
}

double Samples::sum(const std::string& server, const std::string& figure) const {
  const std::vector<double>& values = of(server, figure);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

size_t Samples::count(const std::string& server, const std::string& figure) const { return of(server, figure).size(); }

const std::vector<double>& Samples::of(const std::string& server, const std::string& figure) const {
  static const std::vector<double> kNone;
  const auto found = values_.find({figure, server});
  return found == values_.end() ? kNone : found->second;
}

}  // namespace viaduct::bench
