#include "v2/json.h"

#include <charconv>
#include <cstring>
#include <ctime>

#include "base/utf8.h"

namespace viaduct::v2 {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_escaped_ascii(std::string& to, unsigned char c) {
  switch (c) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default: break;
  }
  to += "\\u00";
  to += kHex[c >> 4];
  to += kHex[c & 15];
}

bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

// Eight bytes in one word (Lamport's SWAR): the top bit of each byte that is below `bound`, equal to `c`, ...
constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kTops = 0x8080808080808080;
constexpr uint64_t below(uint64_t word, uint64_t bound) { return (word - kOnes * bound) & ~word & kTops; }
constexpr uint64_t equal(uint64_t word, uint64_t c) { return below(word ^ (kOnes * c), 1); }

// Might one of these eight bytes not be plain? One bit apart are < and >, as are " and &.
constexpr bool has_special(uint64_t word) {
  return ((word & kTops) | below(word, 0x20) | equal(word, '\\') | equal(word | kOnes * 0x02, '>') |
          equal(word | kOnes * 0x04, '&')) != 0;
}

// How many bytes from the front need no escape.
size_t plain_prefix(std::string_view text) {
  size_t length = 0;
  for (; length + sizeof(uint64_t) <= text.size(); length += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + length, sizeof word);
    if (has_special(word)) break;
  }
  while (length < text.size() && is_plain(static_cast<unsigned char>(text[length]))) ++length;
  return length;
}

// One multi-byte character or one invalid byte; returns the bytes taken.
size_t append_wide(std::string& to, std::string_view rest) {
  const size_t length = utf8_length(rest);
  if (length == 0) {
    to += "\\ufffd";
    return 1;
  }
  const std::string_view character = rest.substr(0, length);
  if (character == "\xe2\x80\xa8") {
    to += "\\u2028";
  } else if (character == "\xe2\x80\xa9") {
    to += "\\u2029";
  } else {
    to += character;
  }
  return length;
}

void append_signed(std::string& to, int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, end);
}

void append_padded(std::string& to, int number, int width) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(static_cast<size_t>(std::max<std::ptrdiff_t>(0, width - (end - digits))), '0');
  to.append(digits, end);
}

// The fields of a node; every node of the API is written here.
struct NodeFields {
  std::string_view key;              // empty: left out
  const Blob* value = nullptr;       // null: left out
  bool dir = false;
  const store::ShownTtl* ttl = nullptr;
};

// Writes `{` and the fields in front of `nodes`, each followed by a comma when another field follows it.
void open_node(std::string& to, const NodeFields& fields) {
  to += '{';
  const auto separate = [&] { if (to.back() != '{') to += ','; };
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

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  size_t i = 0;
  while (i < text.size()) {
    const size_t plain = plain_prefix(text.substr(i));
    to.append(text, i, plain);
    i += plain;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      append_escaped_ascii(to, c);
      ++i;
    } else {
      i += append_wide(to, text.substr(i));
    }
  }
  to += '"';
}

void append_json_list(std::string& to, const std::vector<std::string>& texts) {
  to += '[';
  for (const std::string& text : texts) {
    if (to.back() != '[') to += ',';
    append_json_string(to, text);
  }
  to += ']';
}

void append_number(std::string& to, uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, end);
}

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
