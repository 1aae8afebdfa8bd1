#include "v2/errors.h"

#include <doctest/doctest.h>

using namespace viaduct;
using namespace viaduct::v2;

TEST_CASE("each error code has etcd's message and status") {
  struct Case {
    int code;
    int status;
    const char* message;
  };
  for (const Case& c : {
           Case{100, 404, "Key not found"},
           Case{101, 412, "Compare failed"},
           Case{102, 403, "Not a file"},
           Case{104, 400, "Not a directory"},
           Case{105, 412, "Key already exists"},
           Case{107, 400, "Root is read only"},
           Case{108, 403, "Directory not empty"},
           Case{110, 401, "The request requires user authentication"},
           Case{201, 400, "PrevValue is Required in POST form"},
           Case{202, 400, "The given TTL in POST form is not a number"},
           Case{203, 400, "The given index in POST form is not a number"},
           Case{209, 400, "Invalid field"},
           Case{210, 400, "Invalid POST form"},
           Case{211, 400, "Value provided on refresh"},
           Case{212, 400, "A TTL must be provided on refresh"},
           Case{300, 500, "Raft Internal Error"},
           Case{401, 400, "The event in requested index is outdated and cleared"},
           Case{999, 400, ""},
       }) {
    CAPTURE(c.code);
    CHECK(http_status(c.code) == c.status);
    CHECK(error_message(c.code) == c.message);
  }
}

TEST_CASE("an error's body leaves out an empty cause and escapes the rest") {
  CHECK(error_body(kKeyNotFound, "/a", Seq(7)) ==
        "{\"errorCode\":100,\"message\":\"Key not found\",\"cause\":\"/a\",\"index\":7}\n");
  CHECK(error_body(kNotFile, "", Seq(0)) == "{\"errorCode\":102,\"message\":\"Not a file\",\"index\":0}\n");
  CHECK(error_body(kInvalidField, "\"wait\" <", Seq(1)) ==
        "{\"errorCode\":209,\"message\":\"Invalid field\",\"cause\":\"\\\"wait\\\" \\u003c\",\"index\":1}\n");
}
