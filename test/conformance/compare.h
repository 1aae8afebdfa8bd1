// Puts two records of one case side by side.
#pragma once

#include <string>
#include <vector>

#include "test/conformance/recorder.h"

namespace viaduct::conformance {

struct Difference {
  std::string field;
  std::string oracle;  // what etcd's side answered; "-" when it has no such field
  std::string tested;
};

std::vector<Difference> compare(const Record& oracle, const Record& tested);

}  // namespace viaduct::conformance
