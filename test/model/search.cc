#include "search.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace viaduct::model {
namespace {

uint64_t hash_of(const World& world) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&world);
  uint64_t hash = sizeof(World);
  for (size_t at = 0; at < sizeof(World); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, std::min<size_t>(8, sizeof(World) - at));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash == 0 ? 1 : hash;
}

// Open addressing in a table that doubles; 0 is an empty place.
class Hashes {
 public:
  bool insert(uint64_t hash) {
    if (2 * (count_ + 1) > places_.size()) grow();
    return put(hash);
  }

 private:
  bool put(uint64_t hash) {
    size_t at = hash & (places_.size() - 1);
    while (places_[at] != 0 && places_[at] != hash) at = (at + 1) & (places_.size() - 1);
    if (places_[at] == hash) return false;
    places_[at] = hash;
    ++count_;
    return true;
  }
  void grow() {
    const std::vector<uint64_t> before = std::exchange(places_, std::vector<uint64_t>(2 * places_.size()));
    count_ = 0;
    for (uint64_t hash : before) {
      if (hash != 0) put(hash);
    }
  }

  std::vector<uint64_t> places_ = std::vector<uint64_t>(1 << 16);
  size_t count_ = 0;
};

class Search : Visitor {
 public:
  Search(const Scope& scope, const Rules& rules, uint64_t max_worlds)
      : scope_(scope), rules_(rules), max_worlds_(max_worlds) {}

  Found run() {
    const auto begin = std::chrono::steady_clock::now();
    World first = first_world(scope_);
    known_.insert(hash_of(first));
    origins_.push_back({});
    next_.push_back({first, 0});
    while (!next_.empty() && found_.broken.empty() && !is_full_) {
      const std::vector<Numbered> now = std::exchange(next_, {});
      for (size_t i = 0; i < now.size() && found_.broken.empty() && !is_full_; ++i) {
        origin_ = {now[i].number, 0};
        for_each_event(scope_, rules_, now[i].world, *this);
      }
      if (!next_.empty()) ++found_.depth;
    }
    found_.worlds = origins_.size();
    found_.is_complete = next_.empty() && found_.broken.empty();
    found_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(found_);
  }

 private:
  struct Numbered {
    World world;
    uint32_t number;
  };
  struct Origin {
    uint32_t parent = 0;
    uint32_t event = 0;  // which of the parent's
  };

  void visit(const World& next, const Event&, const char* broken) override {
    const Origin origin = origin_;
    ++origin_.event;
    if (is_full_ || !found_.broken.empty()) return;
    if (!broken && !known_.insert(hash_of(next))) return;
    if (!broken) broken = broken_invariant(next);
    if (broken) {
      found_.broken = broken;
      found_.path = path_to(origin);
      return;
    }
    next_.push_back({next, static_cast<uint32_t>(origins_.size())});
    origins_.push_back(origin);
    is_full_ = origins_.size() >= max_worlds_;
  }

  // Goes the way again, as worlds passed on the way are not kept.
  std::vector<std::string> path_to(Origin last) const {
    std::vector<Origin> way = {last};
    while (way.back().parent != 0) way.push_back(origins_[way.back().parent]);
    Walk walk(first_world(scope_));
    for (auto origin = way.rbegin(); origin != way.rend(); ++origin) walk.go(scope_, rules_, origin->event);
    return walk.events;
  }

  struct Walk : Visitor {
    explicit Walk(const World& first) : world(first) {}
    void go(const Scope& scope, const Rules& rules, uint32_t event) {
      wanted = event;
      const World from = world;
      for_each_event(scope, rules, from, *this);
    }
    void visit(const World& next, const Event& event, const char*) override {
      if (wanted-- != 0) return;
      world = next;
      events.push_back(to_string(event));
    }
    World world;
    uint32_t wanted = 0;
    std::vector<std::string> events;
  };

  const Scope& scope_;
  const Rules& rules_;
  const uint64_t max_worlds_;
  Hashes known_;
  std::vector<Origin> origins_;  // of each known world, by number
  std::vector<Numbered> next_;
  Origin origin_;  // of the world that visit() is called with
  bool is_full_ = false;
  Found found_;
};

}  // namespace

Found search(const Scope& scope, const Rules& rules, uint64_t max_worlds) {
  return Search(scope, rules, max_worlds).run();
}

}  // namespace viaduct::model
