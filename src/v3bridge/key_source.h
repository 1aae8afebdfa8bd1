// Where ranges and compares find keys: the live state, a pinned revision, or the state inside a transaction.
#pragma once

#include <functional>

#include "store/key_range.h"
#include "v3bridge/key_row.h"

namespace viaduct::v3bridge {

using store::Detail;
using store::KeyRangeView;

class KeySource {
 public:
  using Visit = std::function<bool(const KeyRow&)>;  // false: no more

  virtual ~KeySource() = default;
  // Live keys of the range at revision `at` (0: now), ascending.
  virtual void each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) = 0;
  virtual uint64_t count(const KeyRangeView& range, Revision at) = 0;
};

}  // namespace viaduct::v3bridge
