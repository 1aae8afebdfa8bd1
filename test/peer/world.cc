#include "test/peer/world.h"

namespace viaduct::peer {

LinksOptions options_of(uint64_t id, uint64_t cluster) {
  LinksOptions options;
  options.identity = {ClusterId(cluster), MemberId(id), 1000 + id, "3.5.21", {}};
  return options;
}

Member::Member(LinksOptions given, std::string wanted_address, std::string wanted_scheme)
    : id(given.identity.self),
      options(std::move(given)),
      links(std::make_unique<Links>(options, listener)),
      port(std::make_unique<Port>(*links, clock, fallback, &sink)),
      loops(std::make_unique<net::LoopGroup>(clock, net::Limits(), 1)),
      scheme(std::move(wanted_scheme)) {
  loops->start();
  const auto url = net::parse_listen_url(scheme + "://" + (wanted_address.empty() ? "127.0.0.1:0" : wanted_address));
  REQUIRE(url);
  auto opened = net::Listener::open(*loops, *port, *url, {});
  REQUIRE(opened);
  socket = std::move(*opened);
  address = scheme == "unix" ? wanted_address : socket->addresses()[0];
}

Member::~Member() { leave(); }

void Member::leave() {
  socket.reset();
  if (loops) loops->shut_down(std::chrono::milliseconds(0));
  loops.reset();
  links->stop();
}

PeerFigures Member::figures_of(MemberId other) const {
  for (const PeerFigures& figures : links->figures()) {
    if (figures.id == other) return figures;
  }
  return {};
}

bool Member::await_connected(MemberId other) const {
  return poll_until([&] { return figures_of(other).connected; });
}

World::World(size_t count, const std::function<void(LinksOptions&)>& adjust) {
  for (uint64_t id = 1; id <= count; ++id) {
    LinksOptions options = options_of(id);
    if (adjust) adjust(options);
    members_.push_back(std::make_unique<Member>(options));
  }
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

void World::restart(uint64_t id) {
  LinksOptions options = members_[id - 1]->options;
  options.identity.incarnation += 100;
  const std::string address = members_[id - 1]->address;
  members_[id - 1].reset();
  members_[id - 1] = std::make_unique<Member>(options, address);
  introduce();
}

Frame append_of(uint64_t from, uint64_t to, size_t entries, size_t bytes, uint64_t previous) {
  raft::AppendRequest append;
  append.previous = {Index(previous), Term(1)};
  for (size_t i = 0; i < entries; ++i) {
    append.entries.push_back(
        std::make_shared<Entry>(Entry{Term(1), Index(previous + 1 + i), EntryType::kCommand, std::string(bytes, 'x')}));
  }
  return RaftFrame{{MemberId(from), MemberId(to), Term(1), options_of(from).identity.incarnation, append}, 7};
}

Frame heartbeat_of(uint64_t from, uint64_t to, uint64_t round) {
  return RaftFrame{{MemberId(from), MemberId(to), Term(1), options_of(from).identity.incarnation,
                    raft::Heartbeat{Index(0), raft::Round(round), 0}},
                   7};
}

}  // namespace viaduct::peer
