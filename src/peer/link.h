// All that is between this member and one other: two outgoing streams, dialled from here, and two incoming ones, which
// the other dials; whether they are there, and the figures.
// Promise:   Listener::gone() once, when no incoming stream is left and dialling is refused (RF-1); again only after
//            the peer was there again.
// Ownership: owns the outgoing streams; borrows options and listener.
// Threads:   any; set_urls(), end() and finish() from one at a time. The listener is called without a lock.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "peer/out_stream.h"
#include "peer/transport.h"

namespace viaduct::peer {

class Link final : private OutStreamOwner {
 public:
  Link(MemberId peer, const LinksOptions& options, Listener& listener);
  ~Link() override;

  void send(Frame&& frame);
  // Dials from the first call on.
  void set_urls(std::vector<std::string> urls);
  std::vector<std::string> urls() const override;
  void end();  // both outgoing streams, without waiting
  bool has_ended() const;
  void finish();  // end() and wait

  void incoming_up(StreamKind kind);
  void incoming_down(StreamKind kind);
  bool has_incoming() const;
  void received(uint64_t bytes, uint64_t appends);
  void greeted(const std::string& version);  // it is there: dials at once

  PeerFigures figures() const;

 private:
  using Clock = std::chrono::steady_clock;

  MemberId peer() const override { return peer_; }
  void stream_up(StreamKind kind, const std::string& url) override;
  void stream_down(StreamKind kind, const DialFailure& why) override;
  void not_reached(StreamKind kind, const std::string& why) override;
  void absent() override;
  void refused(StreamKind kind, const HttpReply& reply) override;
  void dropped() override { listener_.dropped(peer_); }
  void wrote(StreamKind kind, uint64_t appends, uint64_t bytes, std::chrono::nanoseconds took) override;
  void lost(uint64_t frames, uint64_t appends) override;

  void dial_now();
  bool is_news(StreamKind kind, const std::string& trouble);
  void note_connections();

  const MemberId peer_;
  const LinksOptions& options_;
  Listener& listener_;

  mutable std::mutex mutex_;
  std::vector<std::string> urls_;                  // guarded by mutex_, as all below
  std::array<bool, kStreamKinds> outgoing_{};      // is up
  std::array<int, kStreamKinds> incoming_{};       // how many are: for a moment an old one and its successor
  std::array<std::string, kStreamKinds> trouble_;  // last logged about dialling
  bool heard_ = false;                             // an incoming stream was up since the last gone()
  bool connected_ = false;                         // every stream is up
  Clock::time_point connected_since_;
  PeerFigures figures_;

  std::array<OutStream, kStreamKinds> streams_;  // by StreamKind; last, so that they end first
};

}  // namespace viaduct::peer
