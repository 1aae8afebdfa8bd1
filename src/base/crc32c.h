// The two ways that crc32c() of base/bytes.h chooses from once per process, by what the CPU has. Only tests need to
// name one of them.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace viaduct {

uint32_t crc32c_by_tables(uint32_t seed, Bytes data);

bool crc32c_has_instruction();                              // SSE 4.2
uint32_t crc32c_by_instruction(uint32_t seed, Bytes data);  // only when crc32c_has_instruction()

}  // namespace viaduct
