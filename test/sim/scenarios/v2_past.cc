#include "test/sim/scenarios/v2_past.h"

#include <algorithm>
#include <utility>

#include "test/sim/scenarios/past.h"
#include "v2/json.h"

namespace viaduct::sim {
namespace {

using cluster_test::V2Node;
using cluster_test::Violations;
using store::Action;
using store::Family;
using store::Record;

std::string time_text(const std::optional<store::ShownTtl>& ttl) {
  std::string text;
  if (ttl) v2::append_time(text, ttl->expiration_ns);
  return text;
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

bool is_shown_to(const V2Watch& watch, const V2Event& event) {
  if (event.is_refresh) return false;
  const std::string& key = event.node.key;
  if (key == watch.path) return true;
  if (is_below(key, watch.path)) return watch.recursive && key.find("/_", watch.path.size()) == std::string::npos;
  return event.took_along.contains(watch.path);
}

std::string describe(const V2Node& node) {
  return node.key + (node.dir ? "/" : "") + (node.value ? "=" + node.value->substr(0, 60) : "") + "@" +
         std::to_string(node.modified) + " created " + std::to_string(node.created) +
         (node.expiration.empty() ? "" : " until " + node.expiration + " ttl " + std::to_string(node.ttl));
}

}  // namespace

V2Past::V2Past(const Chronicle& chronicle, Violations& violations) : violations_(violations) {
  chronicle.each([this](const Record& record) { take(record); });
}

const V2Event* V2Past::at(uint64_t index) const {
  const auto found = std::ranges::lower_bound(events_, index, {}, &V2Event::index);
  return found == events_.end() || found->index != index ? nullptr : &*found;
}

const V2Event* V2Past::next(const V2Watch& watch, uint64_t index) const {
  const auto first = std::ranges::lower_bound(events_, index, {}, &V2Event::index);
  const auto found =
      std::find_if(first, events_.end(), [&](const V2Event& event) { return is_shown_to(watch, event); });
  return found == events_.end() ? nullptr : &*found;
}

void V2Past::take(const Record& record) {
  if (record.id.part == 0) {
    check_end_of_lease(record);
    add_event(record);
  }
  Names& names = record.family == Family::kKey ? files_ : directories_;
  if (record.tombstone) {
    names.erase(record.key);
    return;
  }
  Live live{node_of(record), record.lease, record.own_lease.has_value()};
  if (live.node.dir) live.node.modified = live.node.created;  // N4
  names[record.key] = std::move(live);
}

void V2Past::add_event(const Record& record) {
  const bool is_file = record.family == Family::kKey;
  if (is_file && (!is_v2_path(record.key) || directories_.contains(record.key))) return;  // P2, T4
  V2Event event;
  event.index = record.id.seq.value;
  event.action = store::action_name(record.action);
  event.node = node_of(record);
  event.is_refresh = record.refresh;
  if (const Live* live = replaced_by(record)) {
    event.previous = live->node;
    if (!live->is_lease_own) event.previous->expiration = time_text(record.prev_ttl);
    event.previous->ttl = record.prev_ttl ? record.prev_ttl->ttl_seconds : 0;
  }
  if (!is_file && record.tombstone) event.took_along = names_below(record.key);
  events_.push_back(std::move(event));
}

// A new directory may replace a file.
const V2Past::Live* V2Past::replaced_by(const Record& record) const {
  const auto find = [&](const Names& names) {
    const auto found = names.find(record.key);
    return found == names.end() ? nullptr : &found->second;
  };
  if (record.family == Family::kKey) return find(files_);
  const Live* const directory = find(directories_);
  return directory || record.tombstone ? directory : find(files_);
}

V2Node V2Past::node_of(const Record& record) const {
  V2Node node;
  node.key = record.key;
  node.dir = record.family == Family::kDirectory;
  if (!node.dir && !record.tombstone) node.value = std::string(record.value.view());
  node.modified = node.created = record.id.seq.value;
  const Names& names = node.dir ? directories_ : files_;
  const auto found = names.find(record.key);
  const bool begins_anew = !node.dir && (record.action == Action::kSet || record.action == Action::kCreate);
  if (found != names.end() && !begins_anew) node.created = found->second.node.created;
  node.expiration = time_text(record.ttl);
  node.ttl = record.ttl ? record.ttl->ttl_seconds : 0;
  return node;
}

std::set<std::string> V2Past::names_below(const std::string& directory) const {
  const std::string prefix = directory + "/";
  std::set<std::string> below;
  for (const Names* names : {&files_, &directories_}) {
    for (auto one = names->lower_bound(prefix); one != names->end() && one->first.starts_with(prefix); ++one)
      below.insert(one->first);
  }
  return below;
}

void V2Past::check_end_of_lease(const Record& record) {
  const Live* const live = record.action == Action::kExpire ? replaced_by(record) : nullptr;
  if (!live) return;
  if (record.revision == last_ended_at_ && live->lease != last_ended_) {
    violations_.add("INV-A8",
                    "two leases end in revision " + to_string(record.revision) + ", one that of " + record.key);
  }
  last_ended_ = live->lease;
  last_ended_at_ = record.revision;
}

std::string describe(const std::string& action, const V2Node& node, const std::optional<V2Node>& previous) {
  return action + " " + describe(node) + (previous ? " instead of " + describe(*previous) : "");
}

}  // namespace viaduct::sim
