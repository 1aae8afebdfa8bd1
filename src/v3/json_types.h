// What JSON needs to know of each message type, worked out once: names, order, and what Go calls the types.
// Threads: filled before the loops start, then read by all of them.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace viaduct::v3 {

struct JsonType;

struct JsonField {
  const google::protobuf::FieldDescriptor* field;
  std::string key;          // "\"range_end\":"
  std::string go_type;      // of one element: "int64", "etcdserverpb.RangeRequest_SortOrder"; of a message, empty
  const JsonType* message;  // null when it is none
};

struct JsonType {
  struct Name {
    uint32_t field;  // in `fields`
    bool camel;      // lowerCamel, which wins when both are there
  };
  std::vector<JsonField> fields;                     // as declared, which is the order of the JSON
  std::unordered_map<std::string_view, Name> names;  // of both spellings; the texts are the schema's
};

class JsonTypes {
 public:
  const JsonType& add(const google::protobuf::Descriptor& descriptor);       // and all that is in it; stays where it is
  const JsonType& of(const google::protobuf::Descriptor& descriptor) const;  // one that was added

 private:
  std::unordered_map<const google::protobuf::Descriptor*, std::unique_ptr<JsonType>> types_;
};

// How a field of type bytes looks in JSON.
enum class BytesAs : uint8_t {
  kBase64,
  kText,  // the text itself; what is not UTF-8 as {"base64":"..."}
};

}  // namespace viaduct::v3
