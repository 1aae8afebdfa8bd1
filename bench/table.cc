#include "bench/table.h"

namespace viaduct::bench {

std::string table_row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string table_header(const std::vector<std::string>& cells) {
  std::string line = table_row(cells) + "| --- |";
  for (size_t i = 1; i < cells.size(); ++i) line += " ---: |";
  return line + "\n";
}

}  // namespace viaduct::bench
