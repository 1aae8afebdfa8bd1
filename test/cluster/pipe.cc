#include "test/cluster/pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace viaduct::cluster_test {
namespace {

using Mode = Link::Mode;

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

bool Pipe::wants_to_read(const Link& link) const {
  return link.mode == Mode::kOpen && !ended_ && held_bytes_ < kMostHeld;
}

bool Pipe::wants_to_write(const Link& link) const {
  return link.mode == Mode::kOpen && !held_.empty() && held_.front().due <= Clock::now();
}

Pipe::Clock::time_point Pipe::due(const Link& link) const {
  return link.mode == Mode::kOpen && !held_.empty() ? held_.front().due : Clock::time_point::max();
}

bool Pipe::move(const Link& link, std::mt19937_64& random, uint64_t& carried) {
  if (link.mode == Mode::kHole) return true;
  if (!read(link, random) || !write(carried)) return false;
  if (ended() && !told_) {
    ::shutdown(sink_, SHUT_WR);
    told_ = true;
  }
  return true;
}

bool Pipe::read(const Link& link, std::mt19937_64& random) {
  thread_local std::array<char, 64 << 10> buffer;
  while (wants_to_read(link)) {
    const ssize_t count = ::recv(source_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) return would_block();
    if (count == 0) {
      ended_ = true;
      return true;
    }
    const auto more =
        link.jitter.count() == 0 ? 0 : std::uniform_int_distribution<int64_t>(0, link.jitter.count())(random);
    Clock::time_point due = Clock::now() + link.delay + std::chrono::milliseconds(more);
    if (!held_.empty()) due = std::max(due, held_.back().due);
    held_.push_back({due, std::string(buffer.data(), static_cast<size_t>(count))});
    held_bytes_ += static_cast<size_t>(count);
  }
  return true;
}

bool Pipe::write(uint64_t& carried) {
  while (!held_.empty() && held_.front().due <= Clock::now()) {
    std::string& bytes = held_.front().bytes;
    const ssize_t count = ::send(sink_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return would_block();
    carried += static_cast<uint64_t>(count);
    held_bytes_ -= static_cast<size_t>(count);
    bytes.erase(0, static_cast<size_t>(count));
    if (!bytes.empty()) return true;
    held_.pop_front();
  }
  return true;
}

}  // namespace viaduct::cluster_test
