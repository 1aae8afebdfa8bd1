#include "net/output_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace viaduct::net {
namespace {

constexpr size_t kCopyBytes = 2048;   // up to here a copy is cheaper than another iovec
constexpr size_t kFreshBytes = 512;   // room for the usual reply
constexpr size_t kTailBytes = 16384;  // a gathered piece does not grow beyond

}  // namespace

std::string& OutputQueue::tail() {
  if (first_ < pieces_.size()) {
    if (auto* last = std::get_if<std::string>(&pieces_.back()); last && last->size() < kTailBytes) return *last;
  }
  std::string& fresh = std::get<std::string>(pieces_.emplace_back(std::string()));
  fresh.reserve(kFreshBytes);
  return fresh;
}

void OutputQueue::append(std::string_view bytes) {
  if (bytes.empty()) return;
  tail().append(bytes);
  bytes_ += bytes.size();
  owned_bytes_ += bytes.size();
}

void OutputQueue::append_body(Body&& body) {
  const std::string_view bytes = view(body);
  if (bytes.size() <= kCopyBytes) return append(bytes);
  bytes_ += bytes.size();
  if (std::holds_alternative<std::string>(body)) owned_bytes_ += bytes.size();
  pieces_.push_back(std::move(body));
}

void OutputQueue::splice(OutputQueue&& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = std::exchange(other, OutputQueue());
    return;
  }
  OutputQueue from = std::exchange(other, OutputQueue());
  append(view(from.pieces_[from.first_]).substr(from.dropped_));
  for (size_t i = from.first_ + 1; i < from.pieces_.size(); ++i) append_body(std::move(from.pieces_[i]));
}

void OutputQueue::move_front(size_t bytes, OutputQueue& to) {
  while (bytes > 0) {
    const std::string_view rest = view(pieces_[first_]).substr(dropped_);
    const std::string_view moved = rest.substr(0, bytes);
    if (moved.size() <= kCopyBytes) {
      to.append(moved);
    } else {
      to.append_body(std::string(moved));
    }
    bytes -= moved.size();
    drop(moved.size());
  }
}

size_t OutputQueue::gather(std::span<iovec> into) const {
  const size_t count = std::min(into.size(), pieces_.size() - first_);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view piece = view(pieces_[first_ + i]).substr(i == 0 ? dropped_ : 0);
    into[i] = {const_cast<char*>(piece.data()), piece.size()};
  }
  return count;
}

void OutputQueue::drop(size_t bytes) {
  assert(bytes <= bytes_);
  bytes_ -= bytes;
  if (bytes_ == 0) {
    *this = OutputQueue();
    return;
  }
  dropped_ += bytes;
  for (size_t size; dropped_ >= (size = view(pieces_[first_]).size()); ++first_) {
    dropped_ -= size;
    if (std::holds_alternative<std::string>(pieces_[first_])) owned_bytes_ -= size;
    pieces_[first_] = Blob();
  }
}

}  // namespace viaduct::net
