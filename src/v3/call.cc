#include "v3/call.h"

#include <algorithm>

namespace viaduct::v3 {

std::string_view Metadata::find(std::string_view name) const {
  const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const auto& f) { return f.first == name; });
  return field == fields_.end() ? std::string_view() : field->second;
}

bool Metadata::contains(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const auto& f) { return f.first == name; });
}

}  // namespace viaduct::v3
