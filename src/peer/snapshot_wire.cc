#include "peer/snapshot_wire.h"

#include <charconv>

namespace viaduct::peer {
namespace {

constexpr std::string_view kWriteQuery = "do=write&at=";

template <typename Number>
bool read_number(std::string_view text, int base, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && !text.empty() && end == text.data() + text.size();
}

bool read_name(std::string_view text, SnapshotName& name) {
  uint64_t* const parts[] = {&name.number, &name.index.value, &name.term.value, &name.leader_term.value};
  for (uint64_t* const part : parts) {
    const size_t end = std::min(text.find('-'), text.size());
    if (!read_number(text.substr(0, end), 16, *part)) return false;
    const bool is_last = part == &name.leader_term.value;
    if (is_last != (end == text.size())) return false;
    text.remove_prefix(is_last ? end : end + 1);
  }
  return true;
}

bool read_step(std::string_view query, SnapshotRequest& into) {
  if (query == "do=begin") {
    into.step = SnapshotRequest::Step::kBegin;
    return true;
  }
  if (query == "do=finish") {
    into.step = SnapshotRequest::Step::kFinish;
    return true;
  }
  into.step = SnapshotRequest::Step::kWrite;
  return query.starts_with(kWriteQuery) && read_number(query.substr(kWriteQuery.size()), 10, into.offset);
}

}  // namespace

std::optional<SnapshotRequest> read_snapshot_request(const net::Request& request, const Greeting& greeting) {
  SnapshotRequest read;
  if (!read_step(request.raw_query(), read) || !read_name(request.find_header(kSnapshotHeader), read.name)) {
    return std::nullopt;
  }
  if (read.step == SnapshotRequest::Step::kWrite &&
      !read_number(request.find_header(kChecksumHeader), 16, read.checksum)) {
    return std::nullopt;
  }
  read.name.sender = greeting.from;
  read.name.incarnation = greeting.incarnation;
  return read;
}

std::string snapshot_header(const SnapshotName& name) {
  return to_hex(name.number) + "-" + to_hex(name.index.value) + "-" + to_hex(name.term.value) + "-" +
         to_hex(name.leader_term.value);
}

std::string snapshot_target(SnapshotRequest::Step step, uint64_t offset) {
  const std::string path = std::string(kSnapshotPath) + "?";
  switch (step) {
    case SnapshotRequest::Step::kBegin:
      return path + "do=begin";
    case SnapshotRequest::Step::kWrite:
      return path + std::string(kWriteQuery) + std::to_string(offset);
    case SnapshotRequest::Step::kFinish:
      return path + "do=finish";
  }
  return path;
}

std::optional<uint64_t> read_decimal(std::string_view text) {
  uint64_t number = 0;
  if (!read_number(text, 10, number)) return std::nullopt;
  return number;
}

}  // namespace viaduct::peer
