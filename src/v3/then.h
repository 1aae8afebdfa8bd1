// A continuation for what the engine is asked: runs on the loop of the call, with what came of it.
//   engine.propose(std::move(command), then(loop, [call = std::move(call)](v3bridge::Outcome outcome) { ... }));
// Ownership: what the function holds dies with it: once it ran, or with a loop that stopped before.
#pragma once

#include <memory>
#include <utility>

#include "v3bridge/engine.h"

namespace viaduct::v3 {

template <typename F>
std::unique_ptr<v3bridge::Completion> then(Executor& home, F function) {
  class Continuation final : public v3bridge::Completion {
   public:
    Continuation(Executor& executor, F f) : Completion(executor), function_(std::move(f)) {}
    void done(v3bridge::Outcome outcome) override { function_(std::move(outcome)); }

   private:
    F function_;
  };
  return std::make_unique<Continuation>(home, std::move(function));
}

}  // namespace viaduct::v3
