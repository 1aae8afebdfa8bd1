// A value in several copies, so that threads which count all the time do not share a cache line. Each thread keeps to
// one copy; when there are more threads than copies some share one, so T must bear that.
// Threads: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace viaduct {

template <typename T>
class PerThread {
 public:
  T& local() { return copies_[number() % kCopies].value; }

  template <typename Visit>
  void each(Visit visit) const {
    for (const Copy& copy : copies_) visit(copy.value);
  }

 private:
  static constexpr size_t kCopies = 8;
  struct alignas(64) Copy {
    T value{};
  };

  static size_t number() {
    static std::atomic<size_t> next{0};
    thread_local const size_t mine = next.fetch_add(1, std::memory_order_relaxed);
    return mine;
  }

  std::array<Copy, kCopies> copies_;
};

}  // namespace viaduct
