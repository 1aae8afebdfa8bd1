// Why a request is not taken, and the answer that says so. The codecs refuse; handlers have answers of their own.
#pragma once

#include <string_view>

#include "net/counters.h"
#include "net/reply.h"

namespace viaduct::net {

struct Refusal {
  int status;
  std::string_view detail;  // static text; may be empty
  Counter Counters::*counter;
};

Reply refusal_reply(const Refusal& refusal);

}  // namespace viaduct::net
