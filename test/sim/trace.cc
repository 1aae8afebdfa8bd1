#include "test/sim/trace.h"

#include <cstdio>

namespace viaduct::sim {

void Trace::mix(std::string_view text) {
  uint64_t folded = 0xcbf29ce484222325u;
  for (const char c : text) folded = (folded ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  mix(folded);
}

void Trace::line(int64_t now_ns, const std::string& who, const std::string& what) const {
  std::fprintf(stderr, "%12.6f %-6s %s\n", static_cast<double>(now_ns) / 1e9, who.c_str(), what.c_str());
}

}  // namespace viaduct::sim
