// The other side of an HTTP/2 connection: a client session without a socket, and frames made by hand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace viaduct::net {

enum class FrameType : uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPushPromise,
  kPing,
  kGoaway,
  kWindowUpdate,
  kContinuation
};

inline constexpr uint8_t kEndStream = 0x1;
inline constexpr uint8_t kAck = 0x1;
inline constexpr uint8_t kEndHeaders = 0x4;

std::string frame(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload = {});
std::string be32(uint32_t number);
// A header block without compression: each field literal, never indexed.
std::string header_block(const std::vector<std::pair<std::string, std::string>>& fields);
std::string get_block(std::string_view path = "/");
extern const std::string kGreeting;  // the preface and empty SETTINGS

struct Http2ClientOptions {
  uint32_t stream_window = 65535;
  uint32_t connection_window = 65535;
  bool takes_bodies = true;  // windows grow as bodies come
};

class Http2Client {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  struct Answer {
    std::map<std::string, std::string> head;
    std::map<std::string, std::string> trailers;
    std::string body;
    size_t data_frames = 0;
    bool ended = false;
    std::optional<uint32_t> reset;
  };

  explicit Http2Client(const Http2ClientOptions& options = {});
  ~Http2Client();

  // Without END_STREAM when `more` is to follow.
  uint32_t ask(std::string_view method, std::string_view path, std::string_view body = {}, bool more = false,
               const Fields& fields = {});
  void send(uint32_t stream, std::string_view body, bool more);
  void reset(uint32_t stream, uint32_t error_code);
  void ping();
  void take(uint32_t stream, size_t bytes);  // lets the windows grow

  std::string output();  // for the server
  void feed(std::string_view bytes);

  Answer& answer(uint32_t stream) { return answers_[stream]; }
  const std::optional<uint32_t>& goaway() const { return goaway_; }
  const std::string& goaway_text() const { return goaway_text_; }
  uint32_t goaway_last_stream() const { return goaway_last_stream_; }
  size_t pings_answered() const { return pings_answered_; }
  size_t pings_asked() const { return pings_asked_; }
  const std::map<int, uint32_t>& settings() const { return settings_; }

 private:
  struct Callbacks;
  struct Body {
    std::string bytes;
    bool more = false;
    bool waiting = false;
  };

  nghttp2_session* session_ = nullptr;
  std::map<uint32_t, Answer> answers_;
  std::map<uint32_t, Body> bodies_;
  std::optional<uint32_t> goaway_;
  std::string goaway_text_;
  uint32_t goaway_last_stream_ = 0;
  size_t pings_answered_ = 0;
  size_t pings_asked_ = 0;
  std::map<int, uint32_t> settings_;
};

}  // namespace viaduct::net
