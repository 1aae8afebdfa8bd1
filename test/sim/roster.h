// What an operator was told about the members, and so what a later linearizable answer may say of them (INV-M1, INV-M2,
// INV-R11): what was answered is there, at once and for good; what was not answered may come to be at any time, once;
// what was refused does not.
// Threads: one at a time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "test/cluster/v3_client.h"
#include "v3bridge/engine.h"

namespace viaduct::sim {

class Roster {
 public:
  using Status = cluster_test::Status;
  using Urls = std::vector<std::string>;

  explicit Roster(const std::vector<v3bridge::Member>& founders);

  // How a call ended. One that was added is known by what the answer says of it.
  void asked_to_add(const std::string& url) { urls_.insert(url); }
  void added(const v3bridge::Member& member);
  void promoted(MemberId id, const Status& status);
  void removed(MemberId id, const Status& status);
  void updated(MemberId id, const Urls& urls, const Status& status);

  // What is wrong with an answer to a question that was asked after all of the above; empty if nothing. What it decides
  // is known from then on.
  std::string objection(const std::vector<v3bridge::Member>& members);

 private:
  struct One {
    bool may_be_there = true, may_be_gone = false;
    bool may_be_learner = false, may_be_voter = false;
    Urls urls;
    std::vector<Urls> maybe_urls;  // of updates that were not answered
  };
  std::string objection(const v3bridge::Member& member);

  std::map<MemberId, One> all_;
  std::set<std::string> urls_;  // for which some member was asked to be added
};

}  // namespace viaduct::sim
