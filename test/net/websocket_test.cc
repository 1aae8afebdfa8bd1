#include "net/websocket.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace viaduct;
using namespace viaduct::net;

namespace {

constexpr uint64_t kLimit = 1000;

// A client's frame; `first` has the flags and the opcode.
std::string frame(int first, std::string_view payload, bool masked = true) {
  std::string bytes(1, static_cast<char>(first));
  const int mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    bytes += static_cast<char>(mask_bit | static_cast<int>(payload.size()));
  } else if (payload.size() <= 0xffff) {
    bytes += {static_cast<char>(mask_bit | 126), static_cast<char>(payload.size() >> 8),
              static_cast<char>(payload.size() & 0xff)};
  } else {
    bytes += static_cast<char>(mask_bit | 127);
    for (int i = 7; i >= 0; --i) bytes += static_cast<char>(payload.size() >> 8 * i);
  }
  if (!masked) return bytes + std::string(payload);
  const char mask[] = {0x12, 0x34, 0x56, 0x78};
  bytes.append(mask, 4);
  for (size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

// Everything that is found in bytes that come `piece` at a time: "message hello", "ping x", "close 1000", "wrong 1002".
std::vector<std::string> found_in(std::string_view bytes, size_t piece, uint64_t limit = kLimit) {
  WebSocketReader reader(limit);
  std::vector<std::string> found;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.add(bytes.substr(at, piece));
    while (true) {
      const WebSocketReader::Found next = reader.next();
      if (next == WebSocketReader::Found::kNothing) break;
      std::string text = reader.payload();
      if (next == WebSocketReader::Found::kMessage) found.push_back("message " + text);
      if (next == WebSocketReader::Found::kPing) found.push_back("ping " + text);
      if (next != WebSocketReader::Found::kClose && next != WebSocketReader::Found::kWrong) continue;
      const auto code = [&] { return static_cast<unsigned char>(text[2]) << 8 | static_cast<unsigned char>(text[3]); };
      const std::string number = text.size() < 4 ? "none" : std::to_string(code());
      found.push_back((next == WebSocketReader::Found::kClose ? "close " : "wrong ") + number);
    }
  }
  return found;
}

std::string code(int number) { return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)}; }

}  // namespace

TEST_CASE("a handshake is answered as RFC 6455 has it, and refused without version or key") {
  Request request("GET", "/v3/watch");
  request.add_header("Upgrade", "h2c, WebSocket");
  CHECK(!asks_for_websocket(request));
  request.add_header("Connection", "close");
  request.add_header("Connection", "keep-alive, Upgrade");
  CHECK(asks_for_websocket(request));
  CHECK(!websocket_accept(request));
  request.add_header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(!websocket_accept(request));
  request.add_header("Sec-WebSocket-Version", "13");
  const auto headers = websocket_accept(request);
  REQUIRE(headers);
  CHECK(headers->lines() ==
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");

  Request post("POST", "/v3/watch");
  post.add_header("Upgrade", "websocket");
  post.add_header("Connection", "Upgrade");
  CHECK(!asks_for_websocket(post));
}

TEST_CASE("frames come out the same however they are cut") {
  const std::string long_text(500, 'x');
  struct Case {
    const char* name;
    std::string bytes;
    std::vector<std::string> found;
  };
  for (const Case& c : std::vector<Case>{
           {"text", frame(0x81, "hello"), {"message hello"}},
           {"binary", frame(0x82, "\xff"), {"message \xff"}},
           {"empty", frame(0x81, ""), {"message "}},
           {"two", frame(0x81, "a") + frame(0x81, "b"), {"message a", "message b"}},
           {"two bytes of length", frame(0x81, long_text), {"message " + long_text}},
           {"fragments", frame(0x01, "he") + frame(0x00, "") + frame(0x80, "llo"), {"message hello"}},
           {"a ping between fragments",
            frame(0x01, "a") + frame(0x89, "p") + frame(0x80, "b"),
            {"ping p", "message ab"}},
           {"a character cut by fragments", frame(0x01, "\xc3") + frame(0x80, "\xa9"), {"message \xc3\xa9"}},
           {"pong", frame(0x8a, "x"), {}},
           {"close", frame(0x88, code(1000) + "bye"), {"close 1000"}},
           {"close without a code", frame(0x88, ""), {"close none"}},
           {"nothing follows a close", frame(0x88, code(1001)) + frame(0x81, "a"), {"close 1001"}},
           {"a rule broken later", frame(0x81, "a") + frame(0x83, "b"), {"message a", "wrong 1002"}},
       }) {
    for (size_t piece = 1; piece <= 9; ++piece) {
      CAPTURE(c.name);
      CAPTURE(piece);
      CHECK(found_in(c.bytes, piece) == c.found);
    }
    CHECK(found_in(c.bytes, c.bytes.size()) == c.found);
  }
}

TEST_CASE("a client that breaks a rule is told which code") {
  struct Case {
    const char* name;
    std::string bytes;
    const char* found;
  };
  for (const Case& c : std::vector<Case>{
           {"not masked", frame(0x81, "a", false), "wrong 1002"},
           {"opcode 3", frame(0x83, "a"), "wrong 1002"},
           {"opcode 11", frame(0x8b, "a"), "wrong 1002"},
           {"a reserved bit", frame(0xc1, "a"), "wrong 1002"},
           {"a continuation of nothing", frame(0x80, "a"), "wrong 1002"},
           {"a message inside a message", frame(0x01, "a") + frame(0x81, "b"), "wrong 1002"},
           {"a ping in fragments", frame(0x09, "a"), "wrong 1002"},
           {"a long ping", frame(0x89, std::string(126, 'a')), "wrong 1002"},
           {"a close code cut off", frame(0x88, "x"), "wrong 1002"},
           {"a close code that is none", frame(0x88, code(999)), "wrong 1002"},
           {"a close code nobody sends", frame(0x88, code(1006)), "wrong 1002"},
           {"a reason that is no text", frame(0x88, code(1000) + "\xff"), "wrong 1007"},
           {"a text that is none", frame(0x81, "\xff"), "wrong 1007"},
           {"a half character at the end", frame(0x81, "\xc3"), "wrong 1007"},
       }) {
    CAPTURE(c.name);
    CHECK(found_in(c.bytes, c.bytes.size()).back() == c.found);
  }
}

TEST_CASE("a message ends at the limit, in one frame or in many") {
  const std::string most(kLimit, 'x');
  CHECK(found_in(frame(0x81, most), 100) == std::vector<std::string>{"message " + most});
  CHECK(found_in(frame(0x01, most) + frame(0x80, ""), 100) == std::vector<std::string>{"message " + most});
  CHECK(found_in(frame(0x81, most + "x"), 100) == std::vector<std::string>{"wrong 1009"});
  CHECK(found_in(frame(0x01, most) + frame(0x80, "x"), 100) == std::vector<std::string>{"wrong 1009"});
  const std::string huge = {'\x81', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', 0, 0, 0, 0};
  CHECK(found_in(huge, 100) == std::vector<std::string>{"wrong 1009"});
  CHECK(found_in(frame(0x89, "p") + frame(0x81, ""), 100, 0) == std::vector<std::string>{"ping p", "message "});
}

TEST_CASE("our frames have the shortest length and no mask") {
  struct Case {
    size_t size;
    std::string head;
  };
  for (const Case& c : {Case{0, std::string("\x81\x00", 2)},
                        {125, "\x81\x7d"},
                        {126, std::string("\x81\x7e\x00\x7e", 4)},
                        {65535, "\x81\x7e\xff\xff"},
                        {65536, std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10)}}) {
    std::string bytes;
    append_websocket_frame(bytes, WebSocketOpcode::kText, std::string(c.size, 'x'));
    CHECK(bytes == c.head + std::string(c.size, 'x'));
  }
  CHECK(websocket_close_frame(WebSocketCode::kNormal, "") == "\x88\x02\x03\xe8");
}
