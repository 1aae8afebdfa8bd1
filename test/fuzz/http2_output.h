// What a server says on an HTTP/2 connection, checked frame by frame (RFC 9113): sizes, header blocks that can be read,
// and for each stream a head first and nothing behind its end. A breach is an assertion.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cassert>
#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"

namespace viaduct::fuzz {

class Http2Output {
 public:
  Http2Output() {
    const int made = nghttp2_hd_inflate_new(&inflater_);
    assert(made == 0);
  }
  ~Http2Output() { nghttp2_hd_inflate_del(inflater_); }
  Http2Output(const Http2Output&) = delete;
  Http2Output& operator=(const Http2Output&) = delete;

  void take(Bytes bytes) {
    rest_ += bytes;
    while (rest_.size() >= kHeadBytes) {
      const size_t length = static_cast<size_t>(at(0)) << 16 | static_cast<size_t>(at(1)) << 8 | at(2);
      assert(length <= kMaxFrameBytes);
      if (rest_.size() < kHeadBytes + length) return;
      const uint32_t stream = static_cast<uint32_t>(at(5)) << 24 | static_cast<uint32_t>(at(6)) << 16 |
                              static_cast<uint32_t>(at(7)) << 8 | at(8);
      frame(at(3), at(4), stream, Bytes(rest_).substr(kHeadBytes, length));
      rest_.erase(0, kHeadBytes + length);
    }
  }
  // `all`: the connection has nothing more to say, so no frame may be cut.
  void end() const { assert(rest_.empty() && block_stream_ == 0); }

 private:
  static constexpr size_t kHeadBytes = 9;
  static constexpr size_t kMaxFrameBytes = 16384;
  enum : uint8_t { kData, kHeaders, kPriority, kReset, kSettings, kPush, kPing, kGoaway, kWindow, kContinuation };
  static constexpr uint8_t kEndStream = 1, kEndHeaders = 4;

  struct Stream {
    bool has_head = false;
    bool ended = false;
    bool reset = false;
  };

  uint8_t at(size_t position) const { return static_cast<uint8_t>(rest_[position]); }

  void frame(uint8_t type, uint8_t flags, uint32_t stream, Bytes payload) {
    assert(stream >> 31 == 0);
    if (is_first_) assert(type == kSettings && (flags & 1) == 0);
    is_first_ = false;
    assert(block_stream_ == 0 || (type == kContinuation && stream == block_stream_));
    switch (type) {
      case kData:
        assert(streams_[stream].has_head);
        return on_stream(stream, flags);
      case kHeaders:
        block_ends_stream_ = flags & kEndStream;
        block_stream_ = stream;
        return block(flags, payload);
      case kContinuation:
        assert(block_stream_ != 0);
        return block(flags, payload);
      case kReset:
        assert(stream % 2 == 1 && payload.size() == 4 && !streams_[stream].reset);
        streams_[stream].reset = true;
        return;
      case kSettings:
        assert(stream == 0 && payload.size() % 6 == 0 && ((flags & 1) == 0 || payload.empty()));
        return;
      case kPing:
        assert(stream == 0 && payload.size() == 8);
        return;
      case kGoaway:
        assert(stream == 0 && payload.size() >= 8);
        return;
      case kWindow:
        assert(payload.size() == 4);
        return;
      default:
        assert(!"a frame that a server does not send");
    }
  }

  void on_stream(uint32_t id, uint8_t flags) {
    Stream& stream = streams_[id];
    assert(id % 2 == 1 && !stream.ended && !stream.reset);
    stream.ended = flags & kEndStream;
  }

  void block(uint8_t flags, Bytes part) {
    block_ += part;
    if ((flags & kEndHeaders) == 0) return;
    const std::string status = inflate();
    Stream& stream = streams_[block_stream_];
    assert(stream.has_head == status.empty());
    stream.has_head = stream.has_head || status[0] != '1';
    on_stream(std::exchange(block_stream_, 0), block_ends_stream_ ? kEndStream : 0);
  }

  // The status that the block has, or nothing.
  std::string inflate() {
    std::string status;
    const std::string block = std::exchange(block_, {});
    const uint8_t* in = reinterpret_cast<const uint8_t*>(block.data());
    for (size_t left = block.size();;) {
      nghttp2_nv field;
      int found = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &found, in, left, 1);
      assert(used >= 0);
      in += used;
      left -= static_cast<size_t>(used);
      const std::string name = found & NGHTTP2_HD_INFLATE_EMIT ? text(field.name, field.namelen) : "";
      if (name == ":status") status = text(field.value, field.valuelen);
      if (found & NGHTTP2_HD_INFLATE_FINAL) break;
      assert(found != 0 || left > 0);
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return status;
  }
  static std::string text(const uint8_t* bytes, size_t size) {
    return std::string(reinterpret_cast<const char*>(bytes), size);
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string rest_;
  std::map<uint32_t, Stream> streams_;
  std::string block_;
  uint32_t block_stream_ = 0;
  bool block_ends_stream_ = false;
  bool is_first_ = true;
};

}  // namespace viaduct::fuzz
