#include "store/path.h"

namespace viaduct::store {

bool is_canonical_path(std::string_view path) {
  if (path.size() > kMaxPathBytes) return false;
  if (path.empty() || path.front() != '/') return false;
  size_t elements = 0;
  for (size_t begin = 1; begin <= path.size();) {
    size_t end = path.find('/', begin);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view element = path.substr(begin, end - begin);
    if (element.empty() || element == "." || element == "..") return false;
    if (++elements > kMaxPathElements) return false;
    begin = end + 1;
    if (end == path.size()) return true;
  }
  return false;  // a trailing slash
}

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_element(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

bool is_hidden_below(std::string_view path, std::string_view directory) {
  return is_below(path, directory) && path.find("/_", directory.size()) != std::string_view::npos;
}

}  // namespace viaduct::store
