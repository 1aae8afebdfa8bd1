#include "v3/server_sent_events.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "etcdserverpb/rpc.pb.h"
#include "v3/gateway_errors.h"
#include "v3/json_writer.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::WatchResponse;

constexpr std::chrono::seconds kHeartbeat{15};  // what stands between client and server forgets silent connections
constexpr const char* kSilence = ":\n\n";       // a comment

// JSON has no line feeds, so `data` is one line.
void append_event(std::string& to, std::optional<int64_t> id, std::string_view name, std::string_view data) {
  if (id) {
    to += "id: ";
    append_signed(to, *id);
    to += '\n';
  }
  if (!name.empty()) to.append("event: ").append(name).append("\n");
  to.append("data: ").append(data).append("\n\n");
}

// {"watch_id":"1","type":"DELETE","kv":{...}}; the first watch of a stream has no number, as in all of this JSON.
std::string json_of(const mvccpb::Event& event, int64_t watch_id, const JsonCodec& codec) {
  std::string json;
  append_json(json, event, *codec.response->fields[codec.response->names.at("events").field].message, codec.bytes_as);
  if (watch_id == 0) return json;
  std::string numbered = "{\"watch_id\":\"";
  append_signed(numbered, watch_id);
  return numbered + (json == "{}" ? "\"" : "\",") + json.substr(1);
}

// What is no event of a key: named by what it is, shown as it is.
void append_notice(std::string& to, const WatchResponse& response, const JsonCodec& codec, std::optional<int64_t> id,
                   std::string_view name) {
  std::string json;
  codec.append(json, response);
  append_event(to, id, name, json);
}

bool ends_revision(const WatchResponse& response, int i) {
  if (i + 1 == response.events_size()) return !response.fragment();
  return response.events(i).kv().mod_revision() != response.events(i + 1).kv().mod_revision();
}

bool starts_now(const Message& request) {
  return static_cast<const etcdserverpb::WatchRequest&>(request).create_request().start_revision() == 0;
}

}  // namespace

void append_watch_events(std::string& to, const Message& watch_response, const JsonCodec& codec, bool with_ids,
                         bool starts_now) {
  const auto& response = static_cast<const WatchResponse&>(watch_response);
  const auto id_if = [&](bool wanted, int64_t revision) {
    return with_ids && wanted ? std::optional(revision) : std::nullopt;
  };
  if (response.canceled()) return append_notice(to, response, codec, std::nullopt, "canceled");
  const int64_t revision = response.header().revision();
  if (response.created()) return append_notice(to, response, codec, id_if(starts_now, revision), "created");
  if (response.events_size() == 0) return append_notice(to, response, codec, id_if(true, revision), "progress");
  for (int i = 0; i < response.events_size(); ++i) {
    const mvccpb::Event& event = response.events(i);
    append_event(to, id_if(ends_revision(response, i), event.kv().mod_revision()),
                 event.type() == mvccpb::Event::DELETE ? "delete" : "put", json_of(event, response.watch_id(), codec));
  }
}

ServerSentEvents::ServerSentEvents(net::ReplyHandle handle, const JsonCodec& codec, const Release& release,
                                   net::ReplyHeaders headers, uint64_t value_limit_bytes, const Method& method,
                                   const Message* only_request)
    : handle_(handle),
      codec_(codec),
      release_(release),
      headers_(std::move(headers)),
      requests_(codec, value_limit_bytes),
      is_watch_(method.response == &WatchResponse::default_instance()),
      is_one_watch_(is_watch_ && only_request),
      starts_now_(is_one_watch_ && starts_now(*only_request)) {
  beat_later();
}

ServerSentEvents::~ServerSentEvents() {
  if (handle_.loop->in_loop_thread()) handle_.loop->cancel_timer(heartbeat_);
}

void ServerSentEvents::beat_later() {
  heartbeat_ = handle_.loop->start_timer(handle_.loop->now() + kHeartbeat, [this] {
    say(kSilence);
    beat_later();
  });
}

bool ServerSentEvents::send(const Message& response) {
  std::string text;
  if (!is_watch_) {
    std::string json;
    codec_.append(json, response);
    append_event(text, std::nullopt, "", json);
    say(text);
    return true;
  }
  append_watch_events(text, response, codec_, is_one_watch_, starts_now_);
  say(text);
  return !(is_one_watch_ && static_cast<const WatchResponse&>(response).canceled());
}

void ServerSentEvents::finish(const Status& status, Speaker speaker) {
  if (!started_ && !status.ok()) {
    return handle_.loop->reply(handle_, gateway_failure(status, speaker, release_, headers_));
  }
  std::string text;
  if (!status.ok()) append_event(text, std::nullopt, "failure", stream_error(status));
  say(text);
  handle_.loop->end_stream(handle_);
}

void ServerSentEvents::say(const std::string& text) {
  if (!std::exchange(started_, true)) start();
  handle_.loop->stream_chunk(handle_, Blob(text));
}

void ServerSentEvents::start() {
  net::StreamHead head;
  head.headers = headers_;
  head.headers.add("Content-Type", "text/event-stream");
  head.headers.add("Cache-Control", "no-cache");
  head.headers.add("X-Accel-Buffering", "no");  // a proxy should pass events on at once
  handle_.loop->start_stream(handle_, std::move(head));
}

}  // namespace viaduct::v3
