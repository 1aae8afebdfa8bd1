#include "server/stamped.h"

#include <doctest/doctest.h>

#include <string>

#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

// Known bug: RB-29.
TEST_CASE("a command comes back from the log, whatever depth of txns in txns an API let through") {
  for (const int depth : {0, 1, 50, 200, 400}) {
    CAPTURE(depth);
    Command command;
    etcdserverpb::TxnRequest* txn = command.mutable_txn();
    for (int i = 0; i < depth; ++i) txn = txn->add_success()->mutable_request_txn();
    txn->add_success()->mutable_request_put()->set_key("k");
    std::string data = serialize_unstamped(command);
    write_stamp(data, {7, 8});
    Command back;
    REQUIRE(parse_command(data, back));
    CHECK(back.SerializeAsString() == command.SerializeAsString());
    CHECK(read_stamp(data) == Stamp{7, 8});
  }
}

TEST_CASE("what is cut short or has bytes too many is no command") {
  Command command;
  command.mutable_put()->set_key("key");
  const std::string data = serialize_unstamped(command);
  Command back;
  for (size_t left = kStampBytes + 1; left < data.size(); ++left)
    CHECK_FALSE(parse_command(data.substr(0, left), back));
  for (size_t left = 0; left < kStampBytes; ++left) CHECK_FALSE(parse_command(data.substr(0, left), back));
  CHECK_FALSE(parse_command(data + '\x07', back));
}

}  // namespace
}  // namespace viaduct::server
