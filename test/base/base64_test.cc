#include "base/base64.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct;

namespace {

std::string encode(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

}  // namespace

TEST_CASE("base64 of every length comes back as it was") {
  CHECK(encode("") == "");
  CHECK(encode("a") == "YQ==");
  CHECK(encode("aa") == "YWE=");
  CHECK(encode("aaa") == "YWFh");
  CHECK(encode("<<?>>") == "PDw/Pj4=");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(255 - i);
  for (size_t length = 0; length <= all.size(); ++length) {
    std::string back;
    CHECK(!append_from_base64(back, encode(all.substr(0, length))));
    CHECK(back == all.substr(0, length));
  }
}

TEST_CASE("base64 is taken where Go takes it, and wrong where Go says so") {
  struct Case {
    const char* text;
    int wrong_at;  // -1: nowhere
    const char* bytes;
  };
  for (const Case& c : {
           Case{"YR==", -1, "a"},  // the last bits do not count
           {"YQ==\n", -1, "a"},
           {"Y\nQ\r==", -1, "a"},
           {"YQ=\n=", -1, "a"},
           {"\n", -1, ""},
           {"YWFh\nYWFh", -1, "aaaaaa"},
           {"a", 0, ""},
           {"YQ", 0, ""},
           {"YQ=", 3, ""},
           {"YQ===", 4, ""},
           {"YQ==YQ==", 4, ""},
           {"Y", 0, ""},
           {"-_-_", 0, ""},
           {"YWFh-_-_", 4, ""},
           {"=", 0, ""},
           {"Y=", 1, ""},
           {"YQ=a", 2, ""},
           {"YQ= =", 2, ""},
           {"YWF=x", 4, ""},
           {"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF*", 31, ""},
           {"YWFhYWFh*WFhYWFhYWFhYWFhYWFhYWFh", 8, ""},
           {"\xff", 0, ""},
       }) {
    CAPTURE(c.text);
    std::string bytes;
    const auto wrong = append_from_base64(bytes, c.text);
    CHECK((wrong ? static_cast<int>(*wrong) : -1) == c.wrong_at);
    if (!wrong) CHECK(bytes == c.bytes);
  }
}
