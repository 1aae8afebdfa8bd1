#include "test/sim/sockets.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace viaduct::sim {

Sockets* Sockets::current_ = nullptr;

void Open::notify() {
  for (const auto& [epoll, descriptor] : watchers_) epoll->ready(descriptor);
  Scheduler& scheduler = Sockets::current()->scheduler();
  scheduler.wake_all(this);
  scheduler.wake_all(&machine);  // who polls several
}

// --- connections ---

uint32_t Endpoint::readiness() const {
  uint32_t ready = 0;
  if (read_ < received_.size() || ended_ || broken_) ready |= EPOLLIN;
  if (broken_) ready |= EPOLLERR | EPOLLHUP | EPOLLOUT;
  if (ended_) ready |= EPOLLRDHUP;
  if (ended_ && end_sent_) ready |= EPOLLHUP;
  if (!broken_ && room() > 0) ready |= EPOLLOUT;
  return ready;
}

size_t Endpoint::room() const {
  const size_t window = Sockets::current()->window_bytes;
  if (!peer) return window;
  const size_t waiting = in_flight_ + peer->received_.size() - peer->read_;
  return waiting >= window ? 0 : window - waiting;
}

// At the other side, behind all that was sent before.
void Endpoint::arrive(const std::function<void(Endpoint&)>& what) {
  Sockets& sockets = *Sockets::current();
  const Nanoseconds soonest = sockets.scheduler().now() + sockets.latency(machine, peer->machine);
  last_arrival_ = std::max(last_arrival_, soonest);
  sockets.scheduler().at(last_arrival_, [to = peer, what] {
    what(*to);
    to->notify();
  });
}

long Endpoint::send(const char* bytes, size_t size) {
  if (broken_ || end_sent_) {
    errno = broken_ ? ECONNRESET : EPIPE;
    return -1;
  }
  if (!peer) return static_cast<long>(size);  // gone, and this side does not know yet
  const size_t taken = std::min(size, room());
  if (taken == 0) {
    errno = EAGAIN;
    return -1;
  }
  in_flight_ += taken;
  arrive([from = shared_from_this(), data = std::string(bytes, taken)](Endpoint& to) {
    static_cast<Endpoint&>(*from).in_flight_ -= data.size();
    to.received_ += data;
  });
  return static_cast<long>(taken);
}

long Endpoint::receive(char* into, size_t size, bool peek) {
  const size_t there = received_.size() - read_;
  if (there == 0) {
    if (ended_) return 0;
    errno = broken_ ? ECONNRESET : EAGAIN;
    return -1;
  }
  const bool was_full = peer && peer->room() == 0;
  const size_t taken = std::min(size, there);
  std::memcpy(into, received_.data() + read_, taken);
  if (peek) return static_cast<long>(taken);
  read_ += taken;
  if (read_ == received_.size()) {
    received_.clear();
    read_ = 0;
  }
  if (was_full) peer->notify();
  return static_cast<long>(taken);
}

void Endpoint::end_output() {
  if (!peer || std::exchange(end_sent_, true)) return;
  arrive([](Endpoint& to) { to.ended_ = true; });
}

void Endpoint::close() {
  if (!peer) return;
  if (read_ < received_.size()) return reset();  // as TCP says when someone has not read all
  end_output();
  arrive([](Endpoint& to) { to.peer = nullptr; });
  peer = nullptr;
}

void Endpoint::reset() {
  if (!peer) return;
  arrive([](Endpoint& to) {
    to.broken_ = true;
    to.peer = nullptr;
  });
  peer = nullptr;
  broken_ = true;
}

void Listening::close() {
  Sockets::current()->unlisten(*this);
  for (const auto& never_accepted : std::exchange(waiting, {})) never_accepted->reset();
}

// --- epoll ---

void Epoll::close() {
  for (auto& [descriptor, watch] : std::exchange(watches_, {})) watch.open->forgotten_by(*this);
}

void Epoll::add(int descriptor, std::shared_ptr<Open> open, epoll_event event) {
  open->watched_by(*this, descriptor);
  const bool is_ready = (open->readiness() & (event.events | EPOLLERR | EPOLLHUP)) != 0;
  Watch& watch = watches_[descriptor];
  watch.open = std::move(open);
  watch.event = event;
  if (is_ready) ready(descriptor);
}

void Epoll::remove(int descriptor) {
  const auto found = watches_.find(descriptor);
  if (found == watches_.end()) return;
  found->second.open->forgotten_by(*this);
  watches_.erase(found);
}

void Epoll::ready(int descriptor) {
  Watch& watch = watches_[descriptor];
  if (std::exchange(watch.is_ready, true)) return;
  ready_.push_back(descriptor);
  Sockets::current()->scheduler().wake_all(this);
}

int Epoll::collect(epoll_event* events, int most) {
  int count = 0;
  std::deque<int> again;
  while (count < most && !ready_.empty()) {
    const int descriptor = ready_.front();
    ready_.pop_front();
    const auto found = watches_.find(descriptor);
    if (found == watches_.end()) continue;
    Watch& watch = found->second;
    watch.is_ready = false;
    const uint32_t shown = watch.open->readiness() & (watch.event.events | EPOLLERR | EPOLLHUP);
    if (shown == 0) continue;
    events[count++] = {shown, watch.event.data};
    if (watch.event.events & EPOLLONESHOT) watch.event.events = 0;
    if (watch.event.events & EPOLLET) continue;
    watch.is_ready = true;
    again.push_back(descriptor);
  }
  ready_.insert(ready_.end(), again.begin(), again.end());
  return count;
}

// --- the table ---

int Sockets::add(std::shared_ptr<Open> open) {
  const int descriptor = next_++;
  open_[descriptor] = std::move(open);
  return descriptor;
}

std::shared_ptr<Open> Sockets::find(int descriptor) const {
  const auto found = open_.find(descriptor);
  return found == open_.end() ? nullptr : found->second;
}

bool Sockets::replace(int descriptor, std::shared_ptr<Open> open) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return false;
  open->blocks = found->second->blocks;
  found->second = std::move(open);
  return true;
}

bool Sockets::close(int descriptor) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return false;
  const std::shared_ptr<Open> closing = std::move(found->second);
  open_.erase(found);
  for (const auto& [number, open] : open_) {
    if (auto* const epoll = dynamic_cast<Epoll*>(open.get()); epoll && &epoll->machine == &closing->machine)
      epoll->remove(descriptor);
  }
  closing->close();
  return true;
}

size_t Sockets::abandoned(const Machine& machine) const {
  return static_cast<size_t>(std::ranges::count_if(open_, [&](const auto& entry) {
    const auto* const endpoint = dynamic_cast<const Endpoint*>(entry.second.get());
    return endpoint && &endpoint->machine == &machine && !endpoint->peer;
  }));
}

void Sockets::close_all_of(const Machine& machine) {
  std::vector<std::shared_ptr<Open>> closing;
  std::erase_if(open_, [&](auto& entry) {
    if (&entry.second->machine != &machine) return false;
    closing.push_back(std::move(entry.second));
    return true;
  });
  for (const auto& open : closing) {
    if (dynamic_cast<Epoll*>(open.get())) open->close();
  }
  for (const auto& open : closing) {
    if (!dynamic_cast<Epoll*>(open.get())) open->close();
  }
}

bool Sockets::listen(Listening& listening, uint16_t port) {
  if (listening_.contains(port)) return false;
  listening.port = port;
  listening_[port] = &listening;
  return true;
}

void Sockets::unlisten(const Listening& listening) {
  std::erase_if(listening_, [&](const auto& entry) { return entry.second == &listening; });
}

std::shared_ptr<Endpoint> Sockets::connect(Machine& from, uint16_t port) {
  const auto found = listening_.find(port);
  if (found == listening_.end()) return nullptr;
  Listening& there = *found->second;
  const uint16_t own = free_port();
  auto near = std::make_shared<Endpoint>(from, own, port);
  auto far = std::make_shared<Endpoint>(there.machine, port, own);
  near->peer = far;
  far->peer = near;
  there.waiting.push_back(std::move(far));
  there.notify();
  return near;
}

}  // namespace viaduct::sim
