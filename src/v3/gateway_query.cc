#include "v3/gateway_query.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "etcdserverpb/rpc.pb.h"
#include "v3/json_reader.h"

namespace viaduct::v3 {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::string_view kWatch = "/etcdserverpb.Watch/Watch";

struct Readable {
  std::string_view method;
  const char* needed;
};
constexpr Readable kReadable[] = {
    {"/etcdserverpb.KV/Range", "key"}, {kWatch, "key"}, {"/v3electionpb.Election/Observe", "name"}};

// A parameter as JSON: true, false and the numbers of enums stand for themselves, all else is a string.
void append_value(std::string& json, const FieldDescriptor& field, const std::string& value) {
  const bool is_bool = field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL && (value == "true" || value == "false");
  const bool is_number = field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !value.empty() &&
                         value.find_first_not_of("0123456789") == std::string::npos;
  if (is_bool || is_number) {
    json += value;
  } else {
    append_json_string(json, value);
  }
}

// {"key":"/a","limit":"5","filters":["NOPUT"]} of what the query says about fields of `type`.
std::string json_of(const net::Form& query, const JsonType& type) {
  std::string json = "{";
  for (const JsonField& field : type.fields) {
    const std::vector<std::string> values = query.all(field.field->name());
    if (values.empty() || field.message) continue;
    if (json.size() > 1) json += ',';
    json += field.key;
    if (field.field->is_repeated()) json += '[';
    for (const std::string& value : values) {
      if (json.back() != '[' && json.back() != ':') json += ',';
      append_value(json, *field.field, value);
      if (!field.field->is_repeated()) break;
    }
    if (field.field->is_repeated()) json += ']';
  }
  return json + '}';
}

// The first key behind all that start with `prefix`; all keys end with a zero byte.
std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');
  ++prefix.back();
  return prefix;
}

// For RangeRequest and WatchCreateRequest.
template <typename Request>
void make_prefix(Request& request) {
  request.set_range_end(prefix_end(request.key()));
  if (request.key().empty()) request.set_key(std::string(1, '\0'));
}

Result<void> start_behind(std::string_view last_event_id, etcdserverpb::WatchCreateRequest& create) {
  if (last_event_id.empty()) return {};
  int64_t revision = 0;
  const char* const end = last_event_id.data() + last_event_id.size();
  const auto [stop, error] = std::from_chars(last_event_id.data(), end, revision);
  if (error != std::errc() || stop != end || revision < 0 || revision == std::numeric_limits<int64_t>::max()) {
    return Error{Code::kInvalidArgument, "invalid Last-Event-ID: " + std::string(last_event_id)};
  }
  create.set_start_revision(std::max(create.start_revision(), revision + 1));
  return {};
}

Result<void> read_fields(const net::Form& query, const JsonType& type, Message& request) {
  JsonScanner scanner;
  scanner.take(json_of(query, type));
  [[maybe_unused]] const JsonScanner::Found found = scanner.last();
  assert(found == JsonScanner::Found::kValue);
  return read_json(scanner.document(), type, BytesAs::kText, request);
}

const JsonType& field_type(const JsonType& type, std::string_view name) {
  return *type.fields[type.names.at(name).field].message;
}

}  // namespace

bool may_be_asked_by_get(const Method& method, const net::Form& query) {
  return std::any_of(std::begin(kReadable), std::end(kReadable), [&](const Readable& readable) {
    return readable.method == method.path && query.find(readable.needed);
  });
}

Result<void> read_query(const net::Form& query, std::string_view last_event_id, const Method& method,
                        const JsonCodec& codec, Message& request) {
  const std::string* const prefix = query.find("prefix");
  const bool has_prefix = prefix && *prefix != "false";
  if (method.path != kWatch) {
    VIADUCT_TRY(read_fields(query, *codec.request, request));
    if (has_prefix && method.request == &etcdserverpb::RangeRequest::default_instance()) {
      make_prefix(static_cast<etcdserverpb::RangeRequest&>(request));
    }
    return {};
  }
  auto& create = *static_cast<etcdserverpb::WatchRequest&>(request).mutable_create_request();
  VIADUCT_TRY(read_fields(query, field_type(*codec.request, "create_request"), create));
  if (has_prefix) make_prefix(create);
  return start_behind(last_event_id, create);
}

}  // namespace viaduct::v3
