#include "v3/dispatch.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/no_engine.h"
#include "v3/downgrade.h"

namespace viaduct::v3 {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("a timeout is one to eight digits and a unit") {
  struct Case {
    const char* text;
    std::optional<nanoseconds> timeout;
  };
  for (const Case& c : {Case{"1H", 1h}, Case{"2M", 2min}, Case{"3S", 3s}, Case{"4m", 4ms}, Case{"5u", 5us},
                        Case{"6n", 6ns}, Case{"0S", 0s}, Case{"99999999n", 99999999ns}, Case{"000000001S", {}},
                        Case{"00000001S", 1s}, Case{"", {}}, Case{"S", {}}, Case{"1", {}}, Case{"1s", {}},
                        Case{"-1S", {}}, Case{"1.5S", {}}, Case{"1 S", {}}, Case{"1SS", {}}}) {
    CAPTURE(c.text);
    CHECK(parse_grpc_timeout(c.text) == c.timeout);
  }
}

TEST_CASE("a timeout beyond what a clock can hold is a very long one") {
  CHECK(*parse_grpc_timeout("99999999H") > 24h * 365 * 50);
}

TEST_CASE("what hangs on the release is decided by its first two numbers") {
  CHECK_FALSE(Release("3.4.23").has_downgrade());
  CHECK(Release("3.5.0").has_downgrade());
  CHECK_FALSE(Release("3.5.21").checks_sort_order());
  CHECK(Release("3.6.0").checks_sort_order());
  CHECK(Release("3.10.0").checks_sort_order());
  CHECK(Release("4.0.0").checks_sort_order());
  CHECK_FALSE(Release("2.3.8").has_downgrade());
}

TEST_CASE("a metadata name has its first value, and shows a token whatever that is") {
  Metadata metadata;
  CHECK(metadata.empty());
  CHECK_FALSE(shows_token(metadata));
  metadata.add("hasleader", "true");
  metadata.add("hasleader", "false");
  CHECK(Dispatch::requires_leader(metadata));
  CHECK_FALSE(shows_token(metadata));
  metadata.add("authorization", "");
  CHECK(shows_token(metadata));
}

TEST_CASE("a learner answers for its status and for reads that may be old, and for nothing else") {
  using namespace etcdserverpb;
  NoEngine engine;
  Methods methods;
  methods.add_unary<RangeRequest, RangeResponse>("/etcdserverpb.KV/Range", {}, nullptr);
  methods.add_unary<TxnRequest, TxnResponse>("/etcdserverpb.KV/Txn", {}, nullptr);
  methods.add_unary<StatusRequest, StatusResponse>("/etcdserverpb.Maintenance/Status", {}, nullptr);
  methods.add_stream<WatchRequest, WatchResponse>(Method::Kind::kBidirectional, "/etcdserverpb.Watch/Watch", {},
                                                  nullptr);
  const Dispatch dispatch(methods, engine, Release("3.5.21"), 1000);
  RangeRequest range, serializable;
  serializable.set_serializable(true);
  struct Case {
    const char* path;
    const Message* request;
    bool served;
  };
  const StatusRequest status;
  const TxnRequest txn;
  for (const Case& c :
       {Case{"/etcdserverpb.KV/Range", &range, false}, Case{"/etcdserverpb.KV/Range", &serializable, true},
        Case{"/etcdserverpb.KV/Range", nullptr, false}, Case{"/etcdserverpb.KV/Txn", &txn, false},
        Case{"/etcdserverpb.Maintenance/Status", &status, true}, Case{"/etcdserverpb.Watch/Watch", nullptr, false}}) {
    CAPTURE(c.path);
    const Method& method = *methods.find(c.path);
    engine.learner = true;
    const Status answer = dispatch.admit(method, c.request, {});
    CHECK(answer.ok() == c.served);
    if (!c.served) CHECK(answer.code == StatusCode::kUnavailable);
    if (!c.served) CHECK(answer.message == "etcdserver: rpc not supported for learner");
    engine.learner = false;
    CHECK(dispatch.admit(method, c.request, {}).ok());
  }
}

TEST_CASE("a learner is asked for what it is before it is asked for a leader") {
  NoEngine engine;
  Methods methods;
  methods.add_unary<etcdserverpb::PutRequest, etcdserverpb::PutResponse>("/etcdserverpb.KV/Put", {}, nullptr);
  const Dispatch dispatch(methods, engine, Release("3.5.21"), 1000);
  Metadata needs_leader;
  needs_leader.add("hasleader", "true");
  const etcdserverpb::PutRequest put;
  const Method& method = *methods.find("/etcdserverpb.KV/Put");
  CHECK(dispatch.admit(method, &put, needs_leader).message == "etcdserver: no leader");
  engine.learner = true;
  CHECK(dispatch.admit(method, &put, needs_leader).message == "etcdserver: rpc not supported for learner");
}

TEST_CASE("a downgrade is validated by one step of the minor number, and never begins") {
  using etcdserverpb::DowngradeRequest;
  struct Case {
    DowngradeRequest::DowngradeAction action;
    const char* version;
    const char* error;
  };
  const auto wrong_format = "etcdserver: wrong downgrade target version format";
  const auto wrong_target = "etcdserver: invalid downgrade target version";
  for (const Case& c :
       {Case{DowngradeRequest::VALIDATE, "3.4", ""}, Case{DowngradeRequest::VALIDATE, "3.4.0", ""},
        Case{DowngradeRequest::VALIDATE, "3.4.9", ""}, Case{DowngradeRequest::VALIDATE, "3.3", wrong_target},
        Case{DowngradeRequest::VALIDATE, "3.5", wrong_target}, Case{DowngradeRequest::VALIDATE, "3", wrong_format},
        Case{DowngradeRequest::VALIDATE, "", wrong_format}, Case{DowngradeRequest::VALIDATE, "3.x", wrong_format},
        Case{DowngradeRequest::VALIDATE, "3.4.", wrong_format}, Case{DowngradeRequest::VALIDATE, "-3.4", wrong_format},
        Case{DowngradeRequest::ENABLE, "3.3", wrong_target},
        Case{DowngradeRequest::ENABLE, "3.4", "etcdserver: this version cannot be downgraded"},
        Case{DowngradeRequest::CANCEL, "", "etcdserver: no inflight downgrade job"},
        Case{static_cast<DowngradeRequest::DowngradeAction>(9), "", "etcdserver: unknown method"}}) {
    CAPTURE(c.version);
    CAPTURE(c.action);
    DowngradeRequest request;
    request.set_action(c.action);
    request.set_version(c.version);
    CHECK(check_downgrade(request, "3.5.0").message == c.error);
  }
}

}  // namespace
}  // namespace viaduct::v3
