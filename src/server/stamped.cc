#include "server/stamped.h"

#include <google/protobuf/io/coded_stream.h>

#include "base/bytes.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

// Of messages in messages: above all that an API lets through (txns in txns), and what is in the log must be readable.
constexpr int kMaxDepth = 1000;

}  // namespace

std::string serialize_unstamped(const Command& command) {
  const size_t size = command.ByteSizeLong();
  std::string data(kStampBytes + size, '\0');
  command.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(data.data() + kStampBytes));
  return data;
}

void write_stamp(std::string& data, const Stamp& stamp) {
  std::string bytes;
  put_le64(bytes, stamp.cluster_ms);
  put_le64(bytes, static_cast<uint64_t>(stamp.wall_ns));
  data.replace(0, kStampBytes, bytes);
}

std::optional<Stamp> read_stamp(const std::string& data) {
  ByteReader reader(data);
  Stamp stamp;
  stamp.cluster_ms = reader.take_le64();
  stamp.wall_ns = static_cast<int64_t>(reader.take_le64());
  if (!reader.ok()) return std::nullopt;
  return stamp;
}

bool parse_command(const std::string& data, Command& command) {
  if (data.size() < kStampBytes) return false;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(data.data()) + kStampBytes,
                                               static_cast<int>(data.size() - kStampBytes));
  input.SetRecursionLimit(kMaxDepth);
  return command.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

// Fields come in order of their numbers, and zeros are left out (command.proto: 1, 2, 3, all varints).
Origin read_origin(const std::string& data) {
  Origin origin;
  if (data.size() <= kStampBytes) return origin;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(data.data()) + kStampBytes,
                                               static_cast<int>(data.size() - kStampBytes));
  for (;;) {
    const uint32_t tag = input.ReadTag();
    uint64_t value = 0;
    const uint32_t field = tag >> 3;
    if (field < Command::kOriginMemberFieldNumber || field > Command::kOriginIdFieldNumber) return origin;
    if (!input.ReadVarint64(&value)) return origin;
    if (field == Command::kOriginMemberFieldNumber) origin.member = MemberId(value);
    if (field == Command::kOriginIncarnationFieldNumber) origin.incarnation = value;
    if (field == Command::kOriginIdFieldNumber) origin.id = value;
  }
}

}  // namespace viaduct::server
