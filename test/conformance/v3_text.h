// Writes v3 messages down as text that two right servers agree on: revisions become relative to the start of the case,
// ids and figures that a server chooses become names. Everything else is shown as it is.
//   OK @r+1 kvs{key:"a" create_revision:r+1 mod_revision:r+1 version:1 value:"x"} count:1
// `@r+1` is a complete header: cluster, member and term of this server, and that revision.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace viaduct::conformance {

struct V3Frame {
  int64_t revision = 0;  // the store's when the case began: 12 more becomes "r+12"
  uint64_t cluster = 0;
  uint64_t member = 0;
  std::string client;                                       // host:port, becomes "<client>"
  std::string peer;                                         // likewise "<peer>"
  std::map<uint64_t, std::string> members;                  // ids of other members, and their names
  std::vector<std::pair<std::string, std::string>> others;  // likewise their addresses
  std::map<int64_t, std::string> leases;  // ids that the server chose, and their names in the order they came
};

std::string describe(const google::protobuf::Message& message, const V3Frame& frame);

// "InvalidArgument: etcdserver: key is not provided"; "OK" has no text.
std::string describe_status(int code, const std::string& text);
std::string code_name(int code);
bool is_code_name(const std::string& text);

// Bytes as a C string would show them, long ones by their length and checksum.
std::string describe_bytes(const std::string& bytes);

}  // namespace viaduct::conformance
