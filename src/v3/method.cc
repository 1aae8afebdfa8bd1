#include "v3/method.h"

#include <algorithm>
#include <cassert>

namespace viaduct::v3 {
namespace {

// "/etcdserverpb.KV/Range" -> "etcdserverpb.KV"
std::string_view service_of(std::string_view path) { return path.substr(1, path.rfind('/') - 1); }

}  // namespace

const Method* Methods::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

bool Methods::has_service(std::string_view name) const {
  return std::any_of(methods_.begin(), methods_.end(),
                     [&](const auto& method) { return service_of(method->path) == name; });
}

void Methods::add(Method method) {
  method.number = methods_.size();
  const Method& added = *methods_.emplace_back(std::make_unique<Method>(std::move(method)));
  [[maybe_unused]] const bool is_new = by_path_.emplace(added.path, &added).second;
  assert(is_new);
}

}  // namespace viaduct::v3
