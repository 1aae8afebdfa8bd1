// Takes connections from one listening socket and hands them to the loops in turn. Private to Listener.
// Ownership: shared by its listener and by what it waits for; borrows loops and handler.
// Threads:   lives on its home loop.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "net/admission.h"
#include "net/descriptor.h"
#include "net/handler.h"
#include "net/loop_group.h"
#include "net/peer_address.h"
#include "net/tls_greeting.h"

namespace viaduct::net {

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  // `door` is null for plain HTTP.
  Acceptor(LoopGroup& loops, Loop& home, Handler& handler, const Admission& admission, Descriptor listening,
           std::shared_ptr<TlsDoor> door);

  void start();  // from any thread
  void stop();   // from any thread but a loop's; nothing is accepted afterwards

 private:
  void watch_revocations();
  void wait();
  void accept_some();
  bool accept_one();
  bool after_error(int error);
  void hand_over(Descriptor descriptor, const PeerAddress& peer);

  LoopGroup& loops_;
  Loop& home_;
  Handler& handler_;
  Admission admission_;                  // shares its count with the other acceptors of the listener
  const std::shared_ptr<TlsDoor> door_;  // shared with the other acceptors and the connections
  uint64_t revocations_generation_ = 0;  // of the list that all connections were held against
  boost::asio::posix::stream_descriptor socket_;
};

}  // namespace viaduct::net
