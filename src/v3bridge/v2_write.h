// One write through /v2/keys as one event, or the error v2 answers (v2-api.md 1.6, 1.9, 2.1, 2.3).
// Errors: everything is checked before the first append, so a refused write changes no number (N5).
#pragma once

#include <variant>

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class V2Write;
}

namespace viaduct::v3bridge {

std::variant<V2Done, V2Error> apply_v2_write(const store::Store& store, store::Transaction& txn,
                                             const V2Write& command);

}  // namespace viaduct::v3bridge
