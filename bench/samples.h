// The figures of all rounds, by server and name, and their medians.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace viaduct::bench {

class Samples {
 public:
  void add(const std::string& server, const std::string& figure, double value);

  bool has(const std::string& figure) const;                                  // of any server
  double median(const std::string& server, const std::string& figure) const;  // NaN when there is none
  // The smallest value that so great a part of them does not exceed; NaN when there is none.
  double quantile(const std::string& server, const std::string& figure, double fraction) const;
  double spread(const std::string& server, const std::string& figure) const;  // (largest - smallest) / median
  double sum(const std::string& server, const std::string& figure) const;
  size_t count(const std::string& server, const std::string& figure) const;

 private:
  const std::vector<double>& of(const std::string& server, const std::string& figure) const;

  std::map<std::pair<std::string, std::string>, std::vector<double>> values_;  // (figure, server)
};

}  // namespace viaduct::bench
