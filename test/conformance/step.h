// One line of a case, read: what to do, and what the lines below it add. README.md beside this file has the grammar.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace viaduct::conformance {

// A line of a scenario file without its indentation.
struct Line {
  int number = 0;
  int indent = 0;
  std::string text;
};

Error bad_line(const Line& line, const std::string& why);

enum class Action {
  kRequest,    // one request, its reply compared
  kParallel,   // `count` requests at once, their replies compared as a set
  kRaw,        // bytes as given; `count` replies, then whether the connection still serves
  kWatch,      // a request that stays open under `name`; its head is compared
  kEvent,      // the next line or message that the watch or stream `name` delivers
  kUntil,      // events of the watch `name` are dropped until one contains `grep`
  kResult,     // the rest of the watch's reply, which must end
  kSilent,     // nothing arrives on the watch or stream `name` for a while
  kHangUp,     // closes the watch or stream `name` from our side
  kGone,       // polls a key until it is gone, which must happen between `earliest` and `latest`
  kStats,      // how /v2/stats/store moved since the case's previous `stats`
  kRestart,    // kill -9 and a new start on the same data
  kFresh,      // kill -9 and a new start without data
  kSleep,      // waits `latest`
  kRpc,        // the v3 method `method` with one message, its answer compared
  kOpen,       // a v3 stream under `name`, begun with `messages`
  kSend,       // one more message on the stream `name`
  kEvents,     // the next `count` messages of the stream `name`, compared as a set
  kHalfClose,  // says on the stream `name` that no message follows
  kEnd,        // the stream `name` ends now, and how
  kHttp2,      // one HTTP/2 request of exactly these headers and bytes, and all that the server does with it
  kPings,      // `count` HTTP/2 pings at once, and what the server makes of them
  kSnapshot,   // a whole snapshot stream: its shape, not its bytes
  kAt,         // the steps from here on go to the member `names.front()`
  kKill,       // kill -9 of the members `names`
  kStart,      // they start again, and serve
  kChurn,      // `count` random v3 writes from a seed, and the hash of the store after each few
};

// What the author says the oracle answers. Guards the scenario itself against typing errors.
struct Expectation {
  int status = 0;
  int error_code = 0;     // 0: any
  std::string grpc_code;  // of a v3 call, by its name
};

// A piece of the body of an HTTP/2 request.
struct BodyPart {
  enum class Kind { kBytes, kMessage, kZipped };  // a message is framed; zipped: compressed, and said to be
  Kind kind = Kind::kBytes;
  std::string text;
};

struct Step {
  Action action = Action::kRequest;
  int line = 0;
  std::string text;                // as written, for reports
  std::string name;                // of a watch
  std::vector<std::string> names;  // of members
  int count = 1;
  int times = 1;  // how often a v3 call is made
  int seed = 0;   // of `churn`
  std::string method;
  std::string target;
  std::vector<std::string> headers;  // whole lines, without CRLF
  std::optional<std::string> form;
  std::optional<std::string> body;
  std::string raw;
  std::string grep;  // when set, only what this regular expression finds in the body is compared; of `until`: the text
  std::chrono::milliseconds earliest{0};
  std::chrono::milliseconds latest{0};
  std::optional<Expectation> expected;
  std::vector<std::string> messages;                          // of a v3 call, in protobuf's text format
  std::vector<std::pair<std::string, std::string>> metadata;  // of a v3 call
  std::chrono::milliseconds timeout{0};                       // told to the server; 0 for none
  std::vector<BodyPart> body_parts;                           // of `http2`
  bool unfinished = false;                                    // the request of `http2` stays open
  std::optional<std::string> answer;                          // all of it, in short form; `*` stands for anything
};

Result<Step> parse_step(const Line& line);

// A line indented deeper than its step says more about that step.
Result<void> add_detail(const Line& line, Step& step);

}  // namespace viaduct::conformance
