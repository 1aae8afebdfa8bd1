#include "v3/json_types.h"

#include <algorithm>
#include <string_view>

namespace viaduct::v3 {
namespace {

using google::protobuf::FieldDescriptor;

std::string go_enum_name(const google::protobuf::EnumDescriptor& type) {
  const size_t package = type.file()->package().size() + 1;  // and the dot
  std::string name = type.full_name();
  std::replace(name.begin() + static_cast<std::ptrdiff_t>(package), name.end(), '.', '_');
  return name;
}

std::string go_type_name(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return go_enum_name(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "[]uint8" : "string";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "";
    default:
      return field.cpp_type_name();
  }
}

}  // namespace

const JsonType& JsonTypes::add(const google::protobuf::Descriptor& descriptor) {
  auto& slot = types_[&descriptor];
  if (slot) return *slot;
  slot = std::make_unique<JsonType>();
  JsonType& type = *slot;  // stands before its fields do: a type may hold itself
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const auto place = static_cast<uint32_t>(i);
    const JsonType* const message = field.message_type() ? &add(*field.message_type()) : nullptr;
    type.fields.push_back({&field, '"' + field.name() + "\":", go_type_name(field), message});
    type.names.emplace(field.name(), JsonType::Name{place, false});
    type.names.emplace(field.json_name(), JsonType::Name{place, true});
  }
  return type;
}

const JsonType& JsonTypes::of(const google::protobuf::Descriptor& descriptor) const { return *types_.at(&descriptor); }

}  // namespace viaduct::v3
