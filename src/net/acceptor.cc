#include "net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/loop_core.h"

namespace viaduct::net {
namespace {

constexpr int kAcceptsPerTurn = 64;  // then the connections there are get their turn

constexpr std::chrono::milliseconds kRevocationInterval{500};

using Descriptors = boost::asio::posix::descriptor_base;

}  // namespace

Acceptor::Acceptor(LoopGroup& loops, Loop& home, Handler& handler, const Admission& admission, Descriptor listening,
                   std::shared_ptr<TlsDoor> door)
    : loops_(loops),
      home_(home),
      handler_(handler),
      admission_(admission),
      door_(std::move(door)),
      socket_(home.core().io(), listening.release()) {}

void Acceptor::start() {
  home_.post_function([self = shared_from_this()] {
    self->wait();
    if (self->door_ && !self->door_->context->settings().crl_file.empty()) self->watch_revocations();
  });
}

// New connections are held against the list as it is; this is for those that were there before it changed (INV-S2).
void Acceptor::watch_revocations() {
  if (!socket_.is_open()) return;
  const uint64_t generation = door_->context->revocations_generation();
  if (generation != std::exchange(revocations_generation_, generation)) {
    for (size_t i = 0; i < loops_.size(); ++i) {
      Loop& loop = loops_.loop(i);
      loop.post_function([&loop] { loop.core().close_revoked(); });
    }
  }
  home_.start_timer(home_.now() + kRevocationInterval, [self = shared_from_this()] { self->watch_revocations(); });
}

void Acceptor::stop() {
  home_.core().call([this] { socket_.close(); });
}

void Acceptor::wait() {
  if (!socket_.is_open()) return;
  socket_.async_wait(Descriptors::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->home_.core().take_turn([&] { self->accept_some(); });
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!accept_one()) return;
  }
  wait();
}

// False when there is no more to accept now; then someone waits for it.
bool Acceptor::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  Descriptor accepted(accept4(socket_.native_handle(), raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted) return after_error(errno);
  hand_over(std::move(accepted), PeerAddress(*raw));
  return true;
}

bool Acceptor::after_error(int error) {
  switch (error) {
    case EAGAIN:
      wait();
      return false;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
      return true;  // that client is gone; look at the next
    default:        // no descriptor, no memory: the client stays in the backlog, so waiting for it would return at once
      home_.core().counters().accept_failures.add();
      home_.core().run_at_next_sweep([self = shared_from_this()] { self->wait(); });
      return false;
  }
}

void Acceptor::hand_over(Descriptor descriptor, const PeerAddress& peer) {
  Counters& counters = home_.core().counters();
  Admission::Decision decision = admission_.admit(peer);
  switch (decision.verdict) {
    case Admission::Verdict::kAdmitted:
      break;
    case Admission::Verdict::kTooMany:
      return counters.connection_limit.add();
    case Admission::Verdict::kTooManyFromAddress:
      return counters.address_limit.add();
  }
  Accepted accepted{std::move(descriptor), &handler_, peer, std::move(decision.ticket), door_};
  Loop& loop = loops_.next();
  if (&loop == &home_) return loop.core().adopt(std::move(accepted));
  loop.post_function([&loop, moved = std::move(accepted)]() mutable { loop.core().adopt(std::move(moved)); });
}

}  // namespace viaduct::net
