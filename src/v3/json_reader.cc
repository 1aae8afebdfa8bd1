#include "v3/json_reader.h"

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/utf8.h"

namespace viaduct::v3 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Kind = JsonNode::Kind;

constexpr std::string_view kGoMap = "map[string]json.RawMessage", kGoList = "[]json.RawMessage", kGoByte = "uint8";

Error invalid(std::string text) { return {Code::kInvalidArgument, std::move(text)}; }

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "bool";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return {};
}

Error mismatch(std::string_view found, std::string_view go_type) {
  return invalid("json: cannot unmarshal " + std::string(found) + " into Go value of type " + std::string(go_type));
}

Error bad_number(std::string_view number, std::string_view go_type) {
  return mismatch("number " + std::string(number), go_type);
}

// In double quotes, as Go's %q.
std::string quote(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (c == '"' || c == '\\') {
      quoted += {'\\', text[0]};
    } else if (length == 0 || c == 0x7f) {  // a JSON string has no other control characters
      quoted += {'\\', 'x', kHex[c >> 4], kHex[c & 15]};
    } else {
      quoted += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return quoted + '"';
}

bool has_escape(std::string_view inner) { return inner.find('\\') != std::string_view::npos; }

template <typename Number>
Result<Number> parse_number(std::string_view text, std::string_view go_type) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return bad_number(text, go_type);
  return number;
}

// Sets the field, or adds to it when it is repeated.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor* field)
      : message_(&message), reflection_(*message.GetReflection()), field_(field) {}

  void put(int64_t v) {
    repeated() ? reflection_.AddInt64(message_, field_, v) : reflection_.SetInt64(message_, field_, v);
  }
  void put(uint64_t v) {
    repeated() ? reflection_.AddUInt64(message_, field_, v) : reflection_.SetUInt64(message_, field_, v);
  }
  void put(int32_t v) {
    repeated() ? reflection_.AddInt32(message_, field_, v) : reflection_.SetInt32(message_, field_, v);
  }
  void put(uint32_t v) {
    repeated() ? reflection_.AddUInt32(message_, field_, v) : reflection_.SetUInt32(message_, field_, v);
  }
  void put(bool v) { repeated() ? reflection_.AddBool(message_, field_, v) : reflection_.SetBool(message_, field_, v); }
  void put_enum(int v) {
    repeated() ? reflection_.AddEnumValue(message_, field_, v) : reflection_.SetEnumValue(message_, field_, v);
  }
  void put(std::string v) {
    repeated() ? reflection_.AddString(message_, field_, std::move(v))
               : reflection_.SetString(message_, field_, std::move(v));
  }
  Message& message() {
    return repeated() ? *reflection_.AddMessage(message_, field_) : *reflection_.MutableMessage(message_, field_);
  }

 private:
  bool repeated() const { return field_->is_repeated(); }

  Message* message_;
  const Reflection& reflection_;
  const FieldDescriptor* field_;
};

class Reader {
 public:
  Reader(const JsonDocument& document, BytesAs bytes_as) : document_(document), bytes_as_(bytes_as) {}

  Result<void> read_message(uint32_t at, const JsonType& type, Message& into) const {
    const JsonNode& object = document_.node(at);
    if (object.kind == Kind::kNull) return {};
    if (object.kind != Kind::kObject) return mismatch(name_of(object.kind), kGoMap);
    const std::vector<uint32_t> values = choose_values(at, type);
    for (const bool in_oneof : {false, true}) {
      for (size_t i = 0; i < values.size(); ++i) {
        const JsonField& field = type.fields[i];
        if (values[i] == kAbsent || (field.field->containing_oneof() != nullptr) != in_oneof) continue;
        VIADUCT_TRY(read_field(values[i], field, into));
      }
    }
    return {};
  }

 private:
  static constexpr uint32_t kAbsent = 0;  // node 0 is never a member

  // For each field the member that counts: of two with one name the later, of the two spellings lowerCamel.
  std::vector<uint32_t> choose_values(uint32_t object, const JsonType& type) const {
    std::vector<uint32_t> values(type.fields.size(), kAbsent);
    std::vector<bool> camel(type.fields.size());
    const uint32_t end = document_.node(object).next;
    for (uint32_t at = object + 1; at < end;) {
      const uint32_t value = document_.node(at).next;
      const std::string_view written = document_.inner(at);
      const auto name = has_escape(written) ? type.names.find(unescape_json(written)) : type.names.find(written);
      if (name != type.names.end() && (name->second.camel || !camel[name->second.field])) {
        values[name->second.field] = value;
        camel[name->second.field] = name->second.camel;
      }
      at = document_.node(value).next;
    }
    return values;
  }

  Result<void> read_field(uint32_t at, const JsonField& field, Message& message) const {
    const JsonNode& node = document_.node(at);
    if (!field.field->is_repeated()) {
      const bool kept = field.field->containing_oneof() && !field.message;  // says at least which of them is meant
      if (node.kind == Kind::kNull && !kept) return {};
      return read_value(at, field, Slot(message, field.field));
    }
    if (node.kind == Kind::kNull) return {};
    if (node.kind != Kind::kArray) return mismatch(name_of(node.kind), kGoList);
    for (uint32_t element = at + 1; element < node.next; element = document_.node(element).next) {
      VIADUCT_TRY(read_value(element, field, Slot(message, field.field)));
    }
    return {};
  }

  Result<void> read_value(uint32_t at, const JsonField& field, Slot slot) const {
    switch (field.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return read_number<int64_t>(at, field, slot);
      case FieldDescriptor::CPPTYPE_UINT64:
        return read_number<uint64_t>(at, field, slot);
      case FieldDescriptor::CPPTYPE_INT32:
        return read_number<int32_t>(at, field, slot);
      case FieldDescriptor::CPPTYPE_UINT32:
        return read_number<uint32_t>(at, field, slot);
      case FieldDescriptor::CPPTYPE_BOOL:
        return read_bool(at, field, slot);
      case FieldDescriptor::CPPTYPE_ENUM:
        return read_enum(at, field, slot);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return read_message(at, *field.message, slot.message());
      case FieldDescriptor::CPPTYPE_STRING:
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        assert(!"the schema has no such field");
    }
    return field.field->type() == FieldDescriptor::TYPE_BYTES ? read_bytes(at, field, slot)
                                                              : read_text(at, field, slot);
  }

  template <typename Number>
  Result<void> read_number(uint32_t at, const JsonField& field, Slot slot) const {
    const JsonNode& node = document_.node(at);
    std::string_view text = document_.raw(at);
    Kind kind = node.kind;
    if (kind == Kind::kString) {  // what is in the quotes is JSON of its own
      text = document_.inner(at);
      if (std::string complaint = check_json(text, kind); !complaint.empty()) return invalid(std::move(complaint));
      text = trim(text);
    }
    Number number = 0;
    if (kind == Kind::kNumber) {
      VIADUCT_TRY_ASSIGN(parsed, parse_number<Number>(text, field.go_type));
      number = parsed;
    } else if (kind != Kind::kNull) {
      return mismatch(name_of(kind), field.go_type);
    }
    slot.put(number);
    return {};
  }

  static std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  }

  Result<void> read_bool(uint32_t at, const JsonField& field, Slot slot) const {
    const Kind kind = document_.node(at).kind;
    if (kind != Kind::kBool && kind != Kind::kNull) return mismatch(name_of(kind), field.go_type);
    slot.put(document_.raw(at) == "true");
    return {};
  }

  Result<void> read_enum(uint32_t at, const JsonField& field, Slot slot) const {
    const Kind kind = document_.node(at).kind;
    int number = 0;
    if (kind == Kind::kString) {  // names have no escapes, so none are looked for
      const std::string name(document_.inner(at));
      const auto* const value = field.field->enum_type()->FindValueByName(name);
      if (!value) return invalid("unknown value " + quote(name) + " for enum " + field.go_type);
      number = value->number();
    } else if (kind == Kind::kNumber) {
      VIADUCT_TRY_ASSIGN(parsed, parse_number<int32_t>(document_.raw(at), field.go_type));
      number = parsed;
    } else if (kind != Kind::kNull) {
      return mismatch(name_of(kind), field.go_type);
    }
    slot.put_enum(number);
    return {};
  }

  Result<void> read_text(uint32_t at, const JsonField& field, Slot slot) const {
    const Kind kind = document_.node(at).kind;
    if (kind != Kind::kString && kind != Kind::kNull) return mismatch(name_of(kind), field.go_type);
    slot.put(kind == Kind::kNull ? std::string() : unescape_json(document_.inner(at)));
    return {};
  }

  Result<void> read_bytes(uint32_t at, const JsonField& field, Slot slot) const {
    const Kind kind = document_.node(at).kind;
    std::string bytes;
    if (kind == Kind::kArray) {
      VIADUCT_TRY(read_byte_list(at, bytes));
    } else if (kind == Kind::kString && bytes_as_ == BytesAs::kText) {
      bytes = unescape_json(document_.inner(at));
    } else if (kind == Kind::kString) {
      VIADUCT_TRY(read_base64(at, bytes));
    } else if (const uint32_t wrapped = base64_member(at)) {
      VIADUCT_TRY(read_base64(wrapped, bytes));
    } else if (kind != Kind::kNull) {
      return mismatch(name_of(kind), field.go_type);
    }
    slot.put(std::move(bytes));
    return {};
  }

  // Of {"base64":"..."}, by which a text says that it is none; kAbsent when it is something else.
  uint32_t base64_member(uint32_t at) const {
    const JsonNode& node = document_.node(at);
    const bool one_text =
        node.kind == Kind::kObject && node.next == at + 3 && document_.node(at + 2).kind == Kind::kString;
    return bytes_as_ == BytesAs::kText && one_text && document_.inner(at + 1) == "base64" ? at + 2 : kAbsent;
  }

  Result<void> read_base64(uint32_t at, std::string& bytes) const {
    const std::string_view inner = document_.inner(at);
    const auto wrong =
        has_escape(inner) ? append_from_base64(bytes, unescape_json(inner)) : append_from_base64(bytes, inner);
    if (wrong) return invalid("illegal base64 data at input byte " + std::to_string(*wrong));
    return {};
  }

  Result<void> read_byte_list(uint32_t at, std::string& bytes) const {
    const uint32_t end = document_.node(at).next;
    for (uint32_t element = at + 1; element < end; element = document_.node(element).next) {
      const Kind kind = document_.node(element).kind;
      if (kind != Kind::kNumber && kind != Kind::kNull) return mismatch(name_of(kind), kGoByte);
      uint8_t byte = 0;
      if (kind == Kind::kNumber) {
        VIADUCT_TRY_ASSIGN(parsed, parse_number<uint8_t>(document_.raw(element), kGoByte));
        byte = parsed;
      }
      bytes += static_cast<char>(byte);
    }
    return {};
  }

  const JsonDocument document_;
  const BytesAs bytes_as_;
};

}  // namespace

Result<void> read_json(const JsonDocument& document, const JsonType& type, BytesAs bytes_as, Message& into) {
  return Reader(document, bytes_as).read_message(0, type, into);
}

}  // namespace viaduct::v3
