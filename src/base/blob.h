// Immutable bytes with many owners in one allocation: a value is shared by the key index, the events that carry it and
// the replies being written. Eight bytes here, eight bytes of header there, no copy in between.
// Threads: the reference count is atomic; the bytes never change.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

namespace viaduct {

class Blob {
 public:
  Blob() = default;                       // null: "no bytes known", not the same as empty
  explicit Blob(std::string_view bytes);  // copies `bytes`, at most 4 GiB - 1
  Blob(const Blob& other) noexcept : head_(other.head_) {
    if (head_) head_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Blob(Blob&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  Blob& operator=(Blob other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~Blob() {
    if (head_ && head_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) free_head(head_);
  }

  explicit operator bool() const { return head_ != nullptr; }
  std::string_view view() const {
    return head_ ? std::string_view(reinterpret_cast<const char*>(head_ + 1), head_->size) : std::string_view();
  }
  size_t size() const { return head_ ? head_->size : 0; }

 private:
  struct Head {
    std::atomic<uint32_t> references;
    uint32_t size;
  };
  static void free_head(Head* head);

  Head* head_ = nullptr;  // followed by `size` bytes
};

}  // namespace viaduct
