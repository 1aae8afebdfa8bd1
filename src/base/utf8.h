// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct {

size_t utf8_length(std::string_view text);  // of the character that `text` starts with; 0 when it starts with none
bool is_utf8(std::string_view text);

}  // namespace viaduct
