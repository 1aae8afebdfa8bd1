#include "test/peer/world.h"

#include <future>

namespace viaduct::peer {

LinksOptions options_of(uint64_t id, uint64_t cluster) {
  LinksOptions options;
  options.identity = {ClusterId(cluster), MemberId(id), 1000 + id, "3.5.21", {}};
  return options;
}

Member::Member(uint64_t number, LinksOptions given)
    : id(number),
      options(std::move(given)),
      links(std::make_unique<Links>(options, listener)),
      port(std::make_unique<Port>(*links, clock, fallback)) {
  open();
}

Member::~Member() {
  close();
  links->stop();
}

void Member::open() {
  loops = std::make_unique<net::LoopGroup>(clock, net::Limits(), 1);
  loops->start();
  const auto url = net::parse_listen_url("http://" + (address.empty() ? "127.0.0.1:0" : address));
  REQUIRE(url);
  auto opened = net::Listener::open(*loops, *port, *url, {});
  REQUIRE(opened);
  socket = std::move(*opened);
  address = socket->addresses()[0];
}

void Member::close() {
  socket.reset();
  if (!loops) return;
  loops->shut_down(std::chrono::milliseconds(0));
  loops.reset();
}

bool Member::connected_to(MemberId other) const {
  for (const PeerFigures& figures : links->figures()) {
    if (figures.id == other) return figures.connected;
  }
  return false;
}

bool Member::await_connected(MemberId other) const {
  return poll_until([&] { return connected_to(other); });
}

void Member::on_loop(const std::function<void()>& function) {
  std::promise<void> done;
  loops->loop(0).post_function([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

World::World(size_t count) {
  for (uint64_t id = 1; id <= count; ++id) members_.push_back(std::make_unique<Member>(id, options_of(id)));
  introduce();
}

void World::introduce() {
  for (const auto& member : members_) {
    for (const auto& other : members_) member->listener.set_standing(other->id, Standing::kMember);
  }
  for (const auto& member : members_) {
    std::vector<Peer> peers;
    for (const auto& other : members_) {
      if (other != member) peers.push_back(other->peer());
    }
    member->links->set_peers(peers);
  }
  for (const auto& member : members_) {
    for (const auto& other : members_) {
      if (other != member) REQUIRE(member->await_connected(other->id));
    }
  }
}

Frame append_frame_of(Index previous, size_t entries, size_t bytes, MemberId from, MemberId to, uint64_t incarnation) {
  raft::AppendRequest append;
  append.previous = {previous, Term(1)};
  for (size_t i = 0; i < entries; ++i) {
    append.entries.push_back(std::make_shared<Entry>(
        Entry{Term(1), Index(previous.value + 1 + i), EntryType::kCommand, std::string(bytes, 'x')}));
  }
  return RaftFrame{{from, to, Term(1), incarnation, append}, 7};
}

}  // namespace viaduct::peer
