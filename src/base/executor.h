// Somewhere that runs tasks one after another on a thread of its own: an io loop, or a pool of readers.
// post() is safe from any thread; tasks run in the order posted. A task left over at shutdown is destroyed unrun.
#pragma once

#include <memory>
#include <utility>

namespace viaduct {

class Task {
 public:
  virtual ~Task() = default;
  virtual void run() = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::unique_ptr<Task> task) = 0;

  template <typename F>
  void post_function(F function) {
    struct FunctionTask final : Task {
      explicit FunctionTask(F f) : function_(std::move(f)) {}
      void run() override { function_(); }
      F function_;
    };
    post(std::make_unique<FunctionTask>(std::move(function)));
  }
};

}  // namespace viaduct
