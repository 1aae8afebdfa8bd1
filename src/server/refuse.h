// Telling someone who waits how it went, on the executor they wait on, where no entry tells it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "server/node_options.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

inline constexpr const char* kStoppedText = "etcdserver: server stopped";
inline constexpr const char* kTooManyRequestsText = "etcdserver: too many requests";
inline constexpr const char* kTimedOutByLeaderLossText =
    "etcdserver: request timed out, possibly due to previous leader failure";
inline constexpr const char* kTimedOutByConnectionLossText =
    "etcdserver: request timed out, possibly due to connection lost";
inline constexpr const char* kTransferTimedOutText = "etcdserver: request timed out, leader transfer took too long";

// How long a write or linearizable read may take (v2-api.md 1.9).
inline std::chrono::nanoseconds request_timeout(const NodeOptions& options) {
  return std::chrono::seconds(5) + 2 * options.election_timeout;
}

inline void confirm(std::unique_ptr<v3bridge::Completion> completion) {
  Executor& home = completion->home();
  home.post_function([waiting = std::move(completion)] { waiting->done({}); });
}

inline void refuse(std::unique_ptr<v3bridge::Completion> completion, v3bridge::Refusal::Kind kind, std::string text) {
  Executor& home = completion->home();
  home.post_function([kind, text = std::move(text), waiting = std::move(completion)]() mutable {
    v3bridge::Outcome outcome;
    outcome.body = v3bridge::Refusal{kind, std::move(text)};
    waiting->done(std::move(outcome));
  });
}

}  // namespace viaduct::server
