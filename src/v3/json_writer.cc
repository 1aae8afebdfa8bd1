#include "v3/json_writer.h"

#include <cassert>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace viaduct::v3 {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void append_bytes(std::string& to, std::string_view bytes, BytesAs bytes_as) {
  if (bytes_as == BytesAs::kText && is_utf8(bytes)) return append_json_string(to, bytes);
  to += bytes_as == BytesAs::kText ? "{\"base64\":\"" : "\"";
  append_base64(to, bytes);
  to += bytes_as == BytesAs::kText ? "\"}" : "\"";
}

// Numbers that some JavaScript could not hold stand in quotes.
void append_quoted(std::string& to, uint64_t number) {
  to += '"';
  append_number(to, number);
  to += '"';
}

void append_quoted_signed(std::string& to, int64_t number) {
  to += '"';
  append_signed(to, number);
  to += '"';
}

// Of an unknown number there is no name.
void append_enum(std::string& to, const FieldDescriptor& field, int number) {
  const EnumValueDescriptor* const value = field.enum_type()->FindValueByNumber(number);
  if (!value) return append_signed(to, number);
  to += '"';
  to += value->name();
  to += '"';
}

class Writer {
 public:
  Writer(std::string& to, BytesAs bytes_as) : to_(to), bytes_as_(bytes_as) {}

  void write(const Message& message, const JsonType& type) {
    const Reflection& reflection = *message.GetReflection();
    to_ += '{';
    const size_t start = to_.size();
    for (const JsonField& field : type.fields) {
      const bool repeated = field.field->is_repeated();
      const int count = repeated ? reflection.FieldSize(message, field.field) : 0;
      if (repeated ? count == 0 : !reflection.HasField(message, field.field)) continue;
      if (to_.size() != start) to_ += ',';
      to_ += field.key;
      if (repeated) {
        write_list(message, reflection, field, count);
      } else {
        write_value(message, reflection, field);
      }
    }
    to_ += '}';
  }

 private:
  void write_list(const Message& message, const Reflection& reflection, const JsonField& field, int count) {
    to_ += '[';
    for (int i = 0; i < count; ++i) {
      if (i != 0) to_ += ',';
      write_element(message, reflection, field, i);
    }
    to_ += ']';
  }

  void write_value(const Message& message, const Reflection& reflection, const JsonField& field) {
    const FieldDescriptor* const f = field.field;
    switch (f->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return append_quoted_signed(to_, reflection.GetInt64(message, f));
      case FieldDescriptor::CPPTYPE_UINT64:
        return append_quoted(to_, reflection.GetUInt64(message, f));
      case FieldDescriptor::CPPTYPE_INT32:
        return append_signed(to_, reflection.GetInt32(message, f));
      case FieldDescriptor::CPPTYPE_UINT32:
        return append_number(to_, reflection.GetUInt32(message, f));
      case FieldDescriptor::CPPTYPE_BOOL:
        to_ += reflection.GetBool(message, f) ? "true" : "false";
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        return append_enum(to_, *f, reflection.GetEnumValue(message, f));
      case FieldDescriptor::CPPTYPE_STRING:
        return write_string(f, reflection.GetStringReference(message, f, &scratch_));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return write(reflection.GetMessage(message, f), *field.message);
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        break;
    }
    assert(!"the schema has no such field");
  }

  void write_element(const Message& message, const Reflection& reflection, const JsonField& field, int i) {
    const FieldDescriptor* const f = field.field;
    switch (f->cpp_type()) {
      case FieldDescriptor::CPPTYPE_ENUM:
        return append_enum(to_, *f, reflection.GetRepeatedEnumValue(message, f, i));
      case FieldDescriptor::CPPTYPE_STRING:
        return write_string(f, reflection.GetRepeatedStringReference(message, f, i, &scratch_));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return write(reflection.GetRepeatedMessage(message, f, i), *field.message);
      default:
        assert(!"the schema repeats no such field");
    }
  }

  void write_string(const FieldDescriptor* field, const std::string& value) {
    if (field->type() == FieldDescriptor::TYPE_BYTES) return append_bytes(to_, value, bytes_as_);
    append_json_string(to_, value);
  }

  std::string& to_;
  const BytesAs bytes_as_;
  std::string scratch_;
};

}  // namespace

void append_json(std::string& to, const Message& message, const JsonType& type, BytesAs bytes_as) {
  Writer(to, bytes_as).write(message, type);
}

}  // namespace viaduct::v3
