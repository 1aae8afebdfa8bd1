// Short ways to write down v3 calls; requests and responses are in protobuf's text format.
#pragma once

#include <google/protobuf/text_format.h>

#include <string>
#include <utility>

#include "test/sim/scenarios/kv_client.h"
#include "test/sim/unit/logs.h"

namespace viaduct::sim {

template <typename Message>
Message message(const std::string& text) {
  Message parsed;
  REQUIRE_MESSAGE(google::protobuf::TextFormat::ParseFromString(text, &parsed), text);
  return parsed;
}

inline KvCall call(cluster_test::Outcome outcome, const std::string& request) {
  KvCall one;
  one.operation.outcome = outcome;
  one.request = message<etcdserverpb::RequestOp>(request);
  return one;
}

inline KvCall done(uint64_t revision, const std::string& request, const std::string& response) {
  KvCall one = call(cluster_test::Outcome::kDone, request);
  one.operation.position = revision;
  one.response = message<etcdserverpb::ResponseOp>(response);
  return one;
}

inline KvCall lost(const std::string& request) { return call(cluster_test::Outcome::kUnknown, request); }

// `compacted`: how far anybody had asked to.
inline KvCall refused(int code, const std::string& text, const std::string& request, int64_t compacted = 0) {
  KvCall one = call(cluster_test::Outcome::kRefused, request);
  one.status.code = code;
  one.status.text = text;
  one.compacted = compacted;
  return one;
}

}  // namespace viaduct::sim
