// The bytes of an entry of type kCommand (proto/viaduct/command.proto):
//   entry := cluster_ms:u64le wall_ns:u64le Command
// A proposal is serialised where it is made, with room in front for the stamp that the leader writes at append.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/stamp.h"

namespace viaduct {
class Command;
}

namespace viaduct::server {

inline constexpr size_t kStampBytes = 16;

std::string serialize_unstamped(const Command& command);
void write_stamp(std::string& data, const Stamp& stamp);
// Nothing if `data` is too short to have one, as the empty entry that opens a term.
std::optional<Stamp> read_stamp(const std::string& data);
bool parse_command(const std::string& data, Command& command);

// Who proposed it: the first fields of every command, read without parsing the rest.
struct Origin {
  MemberId member;
  uint64_t incarnation = 0;
  uint64_t id = 0;
};
Origin read_origin(const std::string& data);  // zeros when there is none

}  // namespace viaduct::server
