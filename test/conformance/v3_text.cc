#include "test/conformance/v3_text.h"

#include <google/protobuf/descriptor.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/conformance/normalise.h"

namespace viaduct::conformance {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLongestShown = 200;

const std::array<std::string, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string known_id(uint64_t id, const V3Frame& frame) {
  if (id == frame.member) return "<member>";
  if (id == frame.cluster) return "<cluster>";
  const auto other = frame.members.find(id);
  return other == frame.members.end() ? std::to_string(id) : other->second;
}

std::string lease_name(int64_t id, const V3Frame& frame) {
  const auto known = frame.leases.find(id);
  return known == frame.leases.end() ? std::to_string(id) : known->second;
}

// What an integer means is told by the name of its field.
std::string describe_number(const FieldDescriptor* field, int64_t value, const V3Frame& frame) {
  static const std::set<std::string_view> kRevisions = {"revision",         "create_revision", "mod_revision",
                                                        "compact_revision", "hash_revision",   "rev"};
  static const std::set<std::string_view> kIds = {"cluster_id", "member_id", "memberID", "leader", "targetID"};
  static const std::set<std::string_view> kFigures = {"raft_term", "raftTerm",    "raftIndex",  "raftAppliedIndex",
                                                      "dbSize",    "dbSizeInUse", "dbSizeQuota"};
  const std::string& name = field->name();
  const std::string& message = field->containing_type()->name();
  if (kRevisions.contains(name)) return relative_number("r", value, frame.revision);
  if (kIds.contains(name) || (name == "ID" && message == "Member"))
    return known_id(static_cast<uint64_t>(value), frame);
  if (kFigures.contains(name) || message == "HashResponse") return "<number>";
  if (name == "ID" || name == "lease") return lease_name(value, frame);
  return std::to_string(value);
}

std::string with_own_names(std::string text, const V3Frame& frame) {
  const std::string member = std::to_string(frame.member);  // in the errors of a status
  const std::array<std::pair<std::string, const char*>, 3> names = {
      {{frame.client, "<client>"}, {frame.peer, "<peer>"}, {member, "<member>"}}};
  for (const auto& [own, name] : names) {
    const size_t at = own.empty() ? std::string::npos : text.find(own);
    if (at != std::string::npos) text.replace(at, own.size(), name);
  }
  for (const auto& [other, name] : frame.others) {
    const size_t at = text.find(other);
    if (at != std::string::npos) text.replace(at, other.size(), name);
  }
  return text;
}

// The lock service names a key by the lease that it took for the caller, in hexadecimal.
std::string with_chosen_lease_named(const std::string& text) {
  const size_t slash = text.rfind('/');
  const std::string_view last = std::string_view(text).substr(slash + 1);  // all of it without a slash
  const bool chosen = slash != std::string::npos && last.size() >= 12 && last.size() <= 16 &&
                      last.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return chosen ? text.substr(0, slash + 1) + "<lease>" : text;
}

std::string describe_value(const Message& message, const FieldDescriptor* field, int index, const V3Frame& frame) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return describe_number(field, reflection->GetInt32(message, field), frame);
    case FieldDescriptor::CPPTYPE_UINT32:
      return describe_number(field, reflection->GetUInt32(message, field), frame);
    case FieldDescriptor::CPPTYPE_INT64:
      return describe_number(field, reflection->GetInt64(message, field), frame);
    case FieldDescriptor::CPPTYPE_UINT64:
      return describe_number(field, static_cast<int64_t>(reflection->GetUInt64(message, field)), frame);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection->GetEnumValue(message, field);
      const auto* value = field->enum_type()->FindValueByNumber(number);
      return value == nullptr ? std::to_string(number) : value->name();
    }
    default: {
      const std::string text =
          repeated ? reflection->GetRepeatedString(message, field, index) : reflection->GetString(message, field);
      return describe_bytes(with_chosen_lease_named(with_own_names(text, frame)));
    }
  }
}

bool is_whole_header(const Message& message, const V3Frame& frame) {
  const auto* header = dynamic_cast<const etcdserverpb::ResponseHeader*>(&message);
  return header != nullptr && header->cluster_id() == frame.cluster && header->member_id() == frame.member &&
         header->raft_term() > 0 && header->revision() > 0;
}

std::string describe_field(const Message& message, const FieldDescriptor* field, int index, const V3Frame& frame) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    // What is left of a lease's time may be a second less on one of two servers.
    const bool remaining = message.GetDescriptor()->name() == "LeaseTimeToLiveResponse" && field->name() == "TTL";
    return field->name() + (remaining ? "~" : ":") + describe_value(message, field, index, frame);
  }
  const Reflection* reflection = message.GetReflection();
  const Message& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, index)
                                              : reflection->GetMessage(message, field);
  if (is_whole_header(inner, frame)) {
    return "@" +
           relative_number("r", static_cast<const etcdserverpb::ResponseHeader&>(inner).revision(), frame.revision);
  }
  return field->name() + "{" + describe(inner, frame) + "}";
}

}  // namespace

std::string describe(const Message& message, const V3Frame& frame) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string text;
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back(describe_field(message, field, i, frame));
    // Where a new member stands in the list is a matter of its id, which is chance.
    if (field->name() == "members" && message.GetDescriptor()->name() == "MemberAddResponse") std::ranges::sort(values);
    for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  }
  return text;
}

std::string code_name(int code) {
  return code >= 0 && static_cast<size_t>(code) < kCodeNames.size() ? kCodeNames[static_cast<size_t>(code)]
                                                                    : "code " + std::to_string(code);
}

bool is_code_name(const std::string& text) {
  return std::find(kCodeNames.begin(), kCodeNames.end(), text) != kCodeNames.end();
}

std::string describe_status(int code, const std::string& text) {
  if (code < 0) return text;  // it ended in another way
  return code_name(code) + (text.empty() ? "" : ": " + text);
}

std::string describe_bytes(const std::string& bytes) {
  if (bytes.size() > kLongestShown) {
    const auto checksum = ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
    return "<" + std::to_string(bytes.size()) + " bytes, checksum " + std::to_string(checksum) + ">";
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + "\"";
}

}  // namespace viaduct::conformance
