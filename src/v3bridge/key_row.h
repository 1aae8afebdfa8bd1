// A live key as v3 shows it, whether it comes from the index, from history or from an event. Borrows its bytes.
#pragma once

#include <string_view>

#include "store/store.h"

namespace mvccpb {
class KeyValue;
}

namespace viaduct::v3bridge {

struct KeyRow {
  std::string_view key;
  Revision create_revision, mod_revision;
  uint64_t version = 0;
  LeaseId lease;
  std::string_view value;
};

KeyRow row_of(const store::Entry& entry, std::string_view value);
KeyRow row_of(const store::NodeView& node);
KeyRow row_of(const store::Record& record);  // no tombstone

void fill(mvccpb::KeyValue& to, const KeyRow& row);

}  // namespace viaduct::v3bridge
