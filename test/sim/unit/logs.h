// Short ways to write down what members have applied, and to say which violation a checker found first.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"
#include "test/sim/chronicle.h"
#include "test/sim/scenarios/past.h"
#include "test/sim/scenarios/v2_past.h"

namespace viaduct::sim {

// `rule` is the requirement's id of the first one; empty: there is none.
inline void check_first(const cluster_test::Violations& violations, const std::string& rule) {
  const std::string first = violations.none() ? "" : violations.kept().front();
  CHECK_MESSAGE(first.substr(0, first.find(':')) == rule, first);
}

inline store::Record file(const std::string& key, const std::string& value,
                          store::Action action = store::Action::kSet) {
  store::Record record;
  record.key = key;
  record.value = Blob(value);
  record.action = action;
  return record;
}

inline store::Record directory(const std::string& key, store::Action action = store::Action::kSet) {
  store::Record record;
  record.family = store::Family::kDirectory;
  record.key = key;
  record.action = action;
  return record;
}

inline store::Record without(store::Record record, store::Action action = store::Action::kDelete) {
  record.tombstone = true;
  record.value = Blob();
  record.action = action;
  return record;
}

// The log of a store that began empty: the first event is of index 4 and revision 2. Numbers, versions and creation
// follow from what came before.
class Log {
 public:
  Log& add(store::Record record, std::vector<store::Record> companions = {}) {
    if (!is_together_) revision_ = revision_.next();
    seq_ = seq_.next();
    auto event = std::make_shared<store::Event>();
    event->record = numbered(std::move(record), 0);
    for (store::Record& one : companions)
      event->companions.push_back(numbered(std::move(one), static_cast<uint32_t>(event->companions.size() + 1)));
    events_.push_back(std::move(event));
    return *this;
  }
  // As v3 does it.
  Log& put(const std::string& key, const std::string& value, uint64_t lease = 0) {
    store::Record record = file(key, value);
    record.lease = LeaseId(lease);
    return add(std::move(record));
  }
  Log& erase(const std::string& key) { return add(without(file(key, ""))); }
  // All that `changes` adds is of one revision.
  Log& together(const std::function<void(Log&)>& changes) {
    revision_ = revision_.next();
    is_together_ = true;
    changes(*this);
    is_together_ = false;
    return *this;
  }

  const std::vector<store::EventPtr>& events() const { return events_; }

  Past past() const {
    cluster_test::Violations none;
    Chronicle chronicle(none);
    fill(chronicle);
    return Past(chronicle);
  }
  V2Past v2_past(cluster_test::Violations& violations) const {
    Chronicle chronicle(violations);
    fill(chronicle);
    return V2Past(chronicle, violations);
  }
  // As a member has applied all of it by `time`.
  void fill(Chronicle& chronicle, Nanoseconds time = 0) const {
    Seq next = store::Numbers().seq.next();
    chronicle.take(MemberId(1), events_, time, next);
  }

 private:
  store::Record numbered(store::Record record, uint32_t part) {
    record.id = {seq_, part};
    record.revision = revision_;
    const std::pair name(record.family, record.key);
    const auto before = alive_.find(name);
    const bool is_new = before == alive_.end();
    const bool begins_anew = record.family == store::Family::kKey &&
                             (record.action == store::Action::kSet || record.action == store::Action::kCreate);
    record.created_seq = is_new || (begins_anew && !record.tombstone) ? seq_ : before->second.created_seq;
    if (!is_new) record.prev = before->second.id;
    if (record.tombstone) {
      alive_.erase(name);
      return record;
    }
    record.version = is_new ? 1 : before->second.version + 1;
    record.create_revision = is_new ? revision_ : before->second.create_revision;
    alive_[name] = record;
    return record;
  }

  std::vector<store::EventPtr> events_;
  std::map<std::pair<store::Family, std::string>, store::Record> alive_;
  Seq seq_ = store::Numbers().seq;
  Revision revision_ = store::Numbers().revision;
  bool is_together_ = false;
};

}  // namespace viaduct::sim
