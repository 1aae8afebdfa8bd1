#include "v2/json.h"

#include <charconv>
#include <ctime>

namespace viaduct::v2 {
namespace {

void append_padded(std::string& to, int number, int width) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(static_cast<size_t>(std::max<std::ptrdiff_t>(0, width - (end - digits))), '0');
  to.append(digits, end);
}

// The fields of a node; every node of the API is written here.
struct NodeFields {
  std::string_view key;         // empty: left out
  const Blob* value = nullptr;  // null: left out
  bool dir = false;
  const store::ShownTtl* ttl = nullptr;
};

// Writes `{` and the fields in front of `nodes`, each followed by a comma when another field follows it.
void open_node(std::string& to, const NodeFields& fields) {
  to += '{';
  const auto separate = [&] {
    if (to.back() != '{') to += ',';
  };
  if (!fields.key.empty()) {
    to += "\"key\":";
    append_json_string(to, fields.key);
  }
  if (fields.value) {
    separate();
    to += "\"value\":";
    append_json_string(to, fields.value->view());
  }
  if (fields.dir) {
    separate();
    to += "\"dir\":true";
  }
  if (fields.ttl) {
    separate();
    to += "\"expiration\":\"";
    append_time(to, fields.ttl->expiration_ns);
    to += '"';
    if (fields.ttl->ttl_seconds != 0) {
      to += ",\"ttl\":";
      append_signed(to, fields.ttl->ttl_seconds);
    }
  }
}

void close_node(std::string& to, Seq modified, Seq created) {
  if (modified) {
    to += ",\"modifiedIndex\":";
    append_number(to, modified.value);
  }
  if (created) {
    to += ",\"createdIndex\":";
    append_number(to, created.value);
  }
  to += '}';
}

void append_record(std::string& to, const store::Record& record, std::string_view v2_root, Seq modified,
                   const std::optional<store::ShownTtl>& ttl) {
  const bool dir = record.family == store::Family::kDirectory;
  NodeFields fields;
  fields.key = std::string_view(record.key).substr(v2_root.size());
  fields.value = dir || record.tombstone ? nullptr : &record.value;
  fields.dir = dir;
  fields.ttl = ttl ? &*ttl : nullptr;
  open_node(to, fields);
  close_node(to, modified, record.created_seq);
}

size_t append_listed(std::string& to, const std::vector<v3bridge::V2Node>& nodes, size_t at) {
  const v3bridge::V2Node& node = nodes[at];
  open_node(to, {node.key, node.dir ? nullptr : &node.value, node.dir, node.ttl ? &*node.ttl : nullptr});
  size_t next = at + 1;
  if (next < nodes.size() && nodes[next].depth > node.depth) {
    if (to.back() != '{') to += ',';
    to += "\"nodes\":[";
    while (next < nodes.size() && nodes[next].depth > node.depth) {
      if (to.back() != '[') to += ',';
      next = append_listed(to, nodes, next);
    }
    to += ']';
  }
  close_node(to, node.modified, node.created);
  return next;
}

}  // namespace

void append_time(std::string& to, int64_t unix_ns) {
  constexpr int64_t kSecond = 1'000'000'000;
  int64_t seconds = unix_ns / kSecond;
  int64_t fraction = unix_ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  const time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  append_padded(to, parts.tm_year + 1900, 4);
  to += '-';
  append_padded(to, parts.tm_mon + 1, 2);
  to += '-';
  append_padded(to, parts.tm_mday, 2);
  to += 'T';
  append_padded(to, parts.tm_hour, 2);
  to += ':';
  append_padded(to, parts.tm_min, 2);
  to += ':';
  append_padded(to, parts.tm_sec, 2);
  if (fraction != 0) {
    to += '.';
    append_padded(to, static_cast<int>(fraction), 9);
    to.erase(to.find_last_not_of('0') + 1);
  }
  to += 'Z';
}

std::string event_json(const store::Event& event, std::string_view v2_root, bool with_nodes) {
  const store::Record& record = event.record;
  std::string json;
  json.reserve(192 + 2 * record.key.size() + record.value.size() + (event.prev ? event.prev->value.size() : 0));
  json += "{\"action\":\"";
  json += store::action_name(record.action);
  json += '"';
  if (with_nodes) {
    json += ",\"node\":";
    append_record(json, record, v2_root, record.id.seq, record.ttl);
    if (event.prev) {
      json += ",\"prevNode\":";
      append_record(json, *event.prev, v2_root, event.prev->modified_seq(), record.prev_ttl);
    }
  }
  json += "}\n";
  return json;
}

std::string listing_json(const v3bridge::Listing& listing) {
  size_t estimate = 64;
  for (const v3bridge::V2Node& node : listing.nodes) estimate += 96 + node.key.size() + node.value.size();
  std::string json;
  json.reserve(estimate);
  json += "{\"action\":\"get\",\"node\":";
  append_listed(json, listing.nodes, 0);
  json += "}\n";
  return json;
}

}  // namespace viaduct::v2
