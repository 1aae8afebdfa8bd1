#include "peer/handshake.h"

#include <algorithm>
#include <charconv>

#include "peer/frame_codec.h"

namespace viaduct::peer {
namespace {

constexpr std::string_view kFromHeader = "X-Server-From";
constexpr std::string_view kToHeader = "X-Raft-To";
constexpr std::string_view kPeerUrlsHeader = "X-PeerURLs";
constexpr std::string_view kFormatHeader = "X-Viaduct-Peer-Format";

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += ',';
    all += text;
  }
  return all;
}

std::vector<std::string> split(std::string_view all) {
  std::vector<std::string> texts;
  while (!all.empty()) {
    const size_t end = std::min(all.find(','), all.size());
    if (end > 0) texts.emplace_back(all.substr(0, end));
    all.remove_prefix(std::min(end + 1, all.size()));
  }
  return texts;
}

template <typename Number>
bool read_hex(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, 16);
  return error == std::errc() && !text.empty() && end == text.data() + text.size();
}

template <typename Number>
bool read_hex(const net::Request& request, std::string_view name, Number& into) {
  return read_hex(request.find_header(name), into);
}

StreamKind stream_of_message(const raft::Message& message) {
  return std::holds_alternative<raft::AppendRequest>(message.body) ? StreamKind::kBulk : StreamKind::kControl;
}

}  // namespace

StreamKind stream_of(const Frame& frame) {
  struct Chooser {
    StreamKind operator()(const RaftFrame& raft) const { return stream_of_message(raft.message); }
    StreamKind operator()(const ForwardedCommand&) const { return StreamKind::kBulk; }
    StreamKind operator()(const ForwardRefused&) const { return StreamKind::kControl; }
    StreamKind operator()(const ReadIndexRequest&) const { return StreamKind::kControl; }
    StreamKind operator()(const ReadIndexReply&) const { return StreamKind::kControl; }
    StreamKind operator()(const Checkpoint&) const { return StreamKind::kBulk; }
    StreamKind operator()(const LogLost&) const { return StreamKind::kControl; }
  };
  return std::visit(Chooser(), frame);
}

std::string_view name_of(StreamKind kind) { return kind == StreamKind::kBulk ? "bulk" : "control"; }

std::vector<std::pair<std::string, std::string>> greeting_headers(const Identity& identity, MemberId to) {
  return {{std::string(kClusterHeader), to_hex(identity.cluster.value)},
          {std::string(kFromHeader), to_hex(identity.self.value)},
          {std::string(kToHeader), to_hex(to.value)},
          {std::string(kVersionHeader), identity.version},
          {std::string(kPeerUrlsHeader), joined(identity.advertised_urls)},
          {std::string(kIncarnationHeader), to_hex(identity.incarnation)},
          {std::string(kFormatHeader), to_hex(kPeerFormat)}};
}

std::optional<Greeting> read_greeting(const net::Request& request) {
  Greeting greeting;
  const bool complete =
      read_hex(request, kClusterHeader, greeting.cluster.value) &&
      read_hex(request, kFromHeader, greeting.from.value) && read_hex(request, kToHeader, greeting.to.value) &&
      read_hex(request, kIncarnationHeader, greeting.incarnation) && read_hex(request, kFormatHeader, greeting.format);
  if (!complete) return std::nullopt;
  greeting.version = request.find_header(kVersionHeader);
  greeting.urls = split(request.find_header(kPeerUrlsHeader));
  return greeting;
}

std::optional<uint64_t> read_incarnation(std::string_view header) {
  uint64_t incarnation = 0;
  return read_hex(header, incarnation) ? std::optional(incarnation) : std::nullopt;
}

std::optional<StreamKind> read_stream_kind(const net::Request& request) {
  for (const StreamKind kind : kAllStreams) {
    if (request.raw_query() == std::string("kind=").append(name_of(kind))) return kind;
  }
  return std::nullopt;
}

}  // namespace viaduct::peer
