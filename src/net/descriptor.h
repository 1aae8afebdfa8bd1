// A file descriptor with an owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace viaduct::net {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor(std::move(other)).swap(*this);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  void swap(Descriptor& other) noexcept { std::swap(number_, other.number_); }

  int number_ = -1;
};

}  // namespace viaduct::net
