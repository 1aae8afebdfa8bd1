// Rows of the small replicated tables (admin.h, auth.h): a name, and a message or a text.
// Threads: any; takes the ReadLock it needs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace viaduct::v3bridge {

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
