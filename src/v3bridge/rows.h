// Rows of the small replicated tables (admin.h, auth.h, membership.h): a name, and a message or a text.
// Threads: any; takes the ReadLock it needs.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace viaduct::v3bridge {

// Fixed width, so that rows come in order of the number.
inline std::string numbered_row(std::string_view prefix, uint64_t number) {
  char digits[20];
  const int length = std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return std::string(prefix).append(digits, static_cast<size_t>(length));
}

// Rows whose names begin with `prefix`, in byte order.
inline std::vector<std::pair<std::string, std::string>> rows(const store::Store& store, std::string_view prefix) {
  const store::Store::ReadLock lock(store);
  return store.rows(prefix);
}

template <typename Message>
Message parse_row(std::string_view name, const std::string& value) {
  Message message;
  if (!message.ParseFromString(value)) fatal("state row " + std::string(name) + " cannot be read");
  return message;
}

}  // namespace viaduct::v3bridge
