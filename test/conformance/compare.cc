#include "test/conformance/compare.h"

#include <algorithm>

namespace viaduct::conformance {
namespace {

const std::string kAbsent = "-";

const std::string& value_of(const Record& record, const std::string& field) {
  const auto found = std::find_if(record.observations.begin(), record.observations.end(),
                                  [&](const Observation& one) { return one.field == field; });
  return found == record.observations.end() ? kAbsent : found->value;
}

bool has(const std::vector<Difference>& differences, const std::string& field) {
  return std::any_of(differences.begin(), differences.end(), [&](const Difference& d) { return d.field == field; });
}

}  // namespace

std::vector<Difference> compare(const Record& oracle, const Record& tested) {
  std::vector<Difference> differences;
  for (const Record* side : {&oracle, &tested}) {
    for (const Observation& one : side->observations) {
      const std::string& left = value_of(oracle, one.field);
      const std::string& right = value_of(tested, one.field);
      if (!same_answer(left, right) && !has(differences, one.field)) differences.push_back({one.field, left, right});
    }
  }
  return differences;
}

}  // namespace viaduct::conformance
