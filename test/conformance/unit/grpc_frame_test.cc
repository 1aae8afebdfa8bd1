#include "test/conformance/grpc_frame.h"

#include <doctest/doctest.h>

using namespace viaduct::conformance;
using namespace std::string_literals;

TEST_CASE("a frame is its flag, its length and the message") {
  CHECK(framed("ab") == "\0\0\0\0\2ab"s);
  CHECK(framed("", true) == "\1\0\0\0\0"s);
}

TEST_CASE("frames are taken whole, one by one") {
  std::string data = framed("first") + framed("") + framed("last").substr(0, 7);
  CHECK(take_frame(data) == "first");
  CHECK(take_frame(data) == "");
  CHECK_FALSE(take_frame(data));
  CHECK(data.size() == 7);
}

TEST_CASE("the status is in the last block of headers") {
  Http2Stream stream;
  CHECK_FALSE(trailer(stream, "grpc-status"));
  stream.blocks = {{{"grpc-status", "1"}}, {{"grpc-status", "2"}, {"grpc-message", "a%20b%"}}};
  CHECK(trailer(stream, "grpc-status") == "2");
  CHECK(percent_decoded(*trailer(stream, "grpc-message")) == "a b%");
}
