// Threads that may block: readers of the disk, or one for maintenance. With one thread, tasks run in the order posted.
// Threads:   post() from any; stop() and the destructor from the owner's.
// Ownership: at stop() the task under way ends first, those still waiting are destroyed unrun.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace viaduct::server {

class ThreadPool final : public Executor {
 public:
  ThreadPool(const std::string& name, size_t threads);
  ~ThreadPool() override;

  void post(std::unique_ptr<Task> task) override;
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Task>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace viaduct::server
