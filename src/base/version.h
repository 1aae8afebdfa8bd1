// The version of this program, shown by --version and in the Server header.
#pragma once

namespace viaduct {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace viaduct
