#include "net/request.h"

#include <algorithm>
#include <utility>

#include "net/target.h"

namespace viaduct::net {
namespace {

constexpr std::pair<std::string_view, Method> kMethods[] = {
    {"GET", Method::kGet},       {"PUT", Method::kPut},         {"POST", Method::kPost},
    {"DELETE", Method::kDelete}, {"HEAD", Method::kHead},       {"OPTIONS", Method::kOptions},
    {"PATCH", Method::kPatch},   {"CONNECT", Method::kConnect}, {"TRACE", Method::kTrace},
};

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

Method method_from(std::string_view text) {
  for (const auto& [name, method] : kMethods) {
    if (name == text) return method;
  }
  return Method::kOther;
}

bool is_safe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions || method == Method::kTrace;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

void Request::set_line(std::string_view method_text, std::string_view target) {
  fields_.clear();
  text_.assign(method_text);
  text_.append(target);
  method_ = method_from(method_text);
  method_length_ = static_cast<uint32_t>(method_text.size());
  target_length_ = static_cast<uint32_t>(target.size());
  const TargetParts parts = split_target(target).value_or(TargetParts{});
  const auto offset = [&](std::string_view part) {
    return part.empty() ? 0 : method_length_ + static_cast<uint32_t>(part.data() - target.data());
  };
  path_at_ = offset(parts.path);
  path_length_ = static_cast<uint32_t>(parts.path.size());
  query_at_ = offset(parts.query);
  query_length_ = static_cast<uint32_t>(parts.query.size());
}

void Request::add_header(std::string_view name, std::string_view value) {
  fields_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
  text_.append(name);
  text_.append(value);
}

HeaderField Request::header(size_t i) const {
  const Position& field = fields_[i];
  return {view(field.at, field.name_length), view(field.at + field.name_length, field.value_length)};
}

size_t Request::position(std::string_view name) const {
  size_t i = 0;
  while (i < fields_.size() && !equals_ignoring_case(view(fields_[i].at, fields_[i].name_length), name)) ++i;
  return i;
}

std::string_view Request::find_header(std::string_view name) const {
  const size_t i = position(name);
  return i < fields_.size() ? header(i).value : std::string_view();
}

}  // namespace viaduct::net
