// Lines of a Markdown table.
#pragma once

#include <string>
#include <vector>

namespace viaduct::bench {

std::string table_row(const std::vector<std::string>& cells);
std::string table_header(const std::vector<std::string>& cells);  // all but the first column to the right

}  // namespace viaduct::bench
