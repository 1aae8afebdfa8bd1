// The body of one request on its way to its observer: kept until someone observes it, and as long as it is paused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace viaduct::net {

class StreamedBody {
 public:
  struct Piece {
    std::string bytes;
    bool last;  // the client has sent all of it
  };

  void append(Bytes bytes) { bytes_.append(bytes); }
  void end() { ended_ = true; }
  void reopen() { ended_ = end_taken_ = false; }  // more follows after all, of another protocol
  void set_observed(bool observed) { observed_ = observed; }
  void set_paused(bool paused) { paused_ = paused; }

  bool is_ready() const { return observed_ && !paused_ && (!bytes_.empty() || (ended_ && !end_taken_)); }
  bool is_paused() const { return paused_; }
  bool ended() const { return ended_; }
  size_t size_bytes() const { return bytes_.size(); }  // waiting
  Piece take() {
    end_taken_ = ended_;
    return {std::exchange(bytes_, {}), ended_};
  }

 private:
  std::string bytes_;
  bool ended_ = false;
  bool end_taken_ = false;
  bool observed_ = false;
  bool paused_ = false;
};

}  // namespace viaduct::net
