// A blocking HTTP/2 client with prior knowledge that shows everything the server does with a stream: header blocks as
// they came, data, resets, GOAWAY. It does not insist on well-formed requests, so that ill-formed ones can be tried.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/conformance/connection.h"

struct nghttp2_session;

namespace viaduct::conformance {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Http2Stream {
  std::vector<HeaderList> blocks;  // the reply's headers, then its trailers
  std::string data;                // the reader takes off what it has used
  bool ended = false;              // the server said that nothing follows
  std::optional<uint32_t> reset;   // the code of its RST_STREAM

  bool over() const { return ended || reset.has_value(); }
};

struct GoAway {
  uint32_t code = 0;
  std::string debug;
};

// Ownership: owns the connection. Threads: one at a time.
class Http2Client {
 public:
  explicit Http2Client(int port);
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // Begins a request; with `finish` its body, which may be empty, is all there is. The stream's number is for the calls
  // below.
  int32_t request(const HeaderList& headers, std::string body, bool finish);
  void send(int32_t stream, const std::string& bytes, bool finish);
  void reset(int32_t stream);  // with CANCEL
  void ping();
  void raw(const std::string& bytes);  // past the library, at once

  Http2Stream& stream(int32_t number) { return streams_[number]; }
  const std::optional<GoAway>& goaway() const { return goaway_; }
  int pongs() const { return pongs_; }
  bool closed() const { return connection_.closed() || !connection_.connected(); }

  // Serves the connection until `done` holds, it closes, or the deadline passes. Returns whether `done` holds.
  bool run(const std::function<bool()>& done, Deadline deadline);

 private:
  struct Outgoing {
    std::string bytes;
    bool finish = false;
  };
  struct Callbacks;  // nghttp2's functions, which find their way back through a pointer to this

  void flush(Deadline deadline);

  Connection connection_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Http2Stream> streams_;
  std::map<int32_t, Outgoing> outgoing_;
  std::optional<GoAway> goaway_;
  int pongs_ = 0;
};

}  // namespace viaduct::conformance
