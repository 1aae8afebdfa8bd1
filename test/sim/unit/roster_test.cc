#include "test/sim/roster.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace viaduct::sim {
namespace {

using Members = std::vector<v3bridge::Member>;
using Status = Roster::Status;

constexpr int kFailedPrecondition = 9, kDeadlineExceeded = 4;  // gRPC's
const Status kOk{0, {}},
    kRefused{kFailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader"},
    kUnknown{kDeadlineExceeded, "etcdserver: request timed out"}, kNotSent{Status::kNotSent, {}};

v3bridge::Member member(uint64_t id, bool is_learner = false, Roster::Urls urls = {}) {
  if (urls.empty()) urls = {"http://m" + std::to_string(id)};
  return {MemberId(id), {}, urls, {}, is_learner};
}

const Members kFounders = {member(1), member(2)};
const Members kWithLearner = {member(1), member(2), member(3, true)};
const Members kWithThird = {member(1), member(2), member(3)};

TEST_CASE("a linearizable answer shows what was answered, may show what was not, and nothing else") {
  struct Case {
    std::string name;
    std::function<void(Roster&)> before;
    std::vector<Members> answers;  // one after another; the last one is judged
    std::string objection;         // some part of it
  };
  const auto add = [](bool is_learner) {
    return [=](Roster& r) {
      r.asked_to_add("http://m3");
      r.added(member(3, is_learner));
    };
  };
  const auto ask = [](Roster& r) { r.asked_to_add("http://m3"); };
  const auto nothing = [](Roster&) {};
  const auto with_learner = [=](const std::function<void(Roster&)>& then) {
    return [=](Roster& r) {
      add(true)(r);
      then(r);
    };
  };
  const auto promote = [=](const Status& status) {
    return with_learner([=](Roster& r) { r.promoted(MemberId(3), status); });
  };
  const auto remove = [](const Status& status) { return [=](Roster& r) { r.removed(MemberId(2), status); }; };
  const Roster::Urls other = {"http://m2", "http://n2"}, third = {"http://o2"};
  const auto update = [=](const Status& status) { return [=](Roster& r) { r.updated(MemberId(2), other, status); }; };
  const Members alone = {member(1)}, updated = {member(1), member(2, false, other)};
  for (const Case& c : {
           Case{"the founders", nothing, {kFounders}, ""},
           Case{"one who is not among them", nothing, {kWithThird}, "3 is there, though nobody added it"},
           Case{"one less", nothing, {alone}, "2 is missing, though nobody removed it"},
           Case{"a founder who has no vote", nothing, {{member(1), member(2, true)}}, "2 is a learner, though"},

           Case{"who was added", add(false), {kWithThird}, ""},
           Case{"who was added and is not there", add(false), {kFounders}, "3 is missing"},
           Case{"a learner that was added", add(true), {kWithLearner}, ""},
           Case{"a learner that votes", add(true), {kWithThird}, "3 votes, though nobody promoted it"},
           Case{"a voter that was added for a learner", add(false), {kWithLearner}, "3 is a learner"},
           Case{"who was asked for, and is not there", ask, {kFounders}, ""},
           Case{"who was asked for, and is there later", ask, {kFounders, kWithLearner}, ""},
           Case{"who was asked for, was there, and is not", ask, {kWithLearner, kFounders}, "3 is missing"},
           Case{"who was asked for, and votes later", ask, {kWithLearner, kWithThird}, "3 votes"},

           Case{"a learner that was promoted", promote(kOk), {kWithThird}, ""},
           Case{"a learner that was promoted and has no vote", promote(kOk), {kWithLearner}, "3 is a learner"},
           Case{"a learner that may have been promoted", promote(kUnknown), {kWithLearner}, ""},
           Case{"a learner that was promoted after all", promote(kUnknown), {kWithLearner, kWithThird}, ""},
           Case{"a promotion that is lost", promote(kUnknown), {kWithThird, kWithLearner}, "3 is a learner"},
           Case{"a learner that was not promoted", promote(kRefused), {kWithThird}, "3 votes"},
           Case{"a learner of which nobody heard that it be promoted", promote(kNotSent), {kWithThird}, "3 votes"},

           Case{"who was removed", remove(kOk), {alone}, ""},
           Case{"who was removed and is there", remove(kOk), {kFounders}, "2 is back, though it was removed"},
           Case{"who may have been removed and is there", remove(kUnknown), {kFounders}, ""},
           Case{"who may have been removed and is gone", remove(kUnknown), {kFounders, alone}, ""},
           Case{"who was seen to be gone and is back", remove(kUnknown), {alone, kFounders}, "2 is back"},
           Case{"who was not removed", remove(kRefused), {alone}, "2 is missing"},

           Case{"who was updated", update(kOk), {updated}, ""},
           Case{"an update that is lost", update(kOk), {kFounders}, "2 has URLs that nobody gave it"},
           Case{"who may have been updated", update(kUnknown), {kFounders}, ""},
           Case{"who was updated after all", update(kUnknown), {kFounders, updated}, ""},
           Case{"who was not updated", update(kRefused), {updated}, "2 has URLs"},
           Case{"an update that comes after a later one",
                [=](Roster& r) {
                  r.updated(MemberId(2), other, kUnknown);
                  r.updated(MemberId(2), third, kOk);
                },
                {updated},
                ""},
           Case{"an update that promotes",
                with_learner([=](Roster& r) { r.updated(MemberId(3), {"http://m3"}, kOk); }),
                {kWithThird},
                "3 votes"},
       }) {
    CAPTURE(c.name);
    Roster roster(kFounders);
    c.before(roster);
    for (size_t i = 0; i + 1 < c.answers.size(); ++i) CHECK(roster.objection(c.answers[i]) == "");
    const std::string objection = roster.objection(c.answers.back());
    if (c.objection.empty())
      CHECK(objection == "");
    else
      CHECK(objection.find(c.objection) == 0);
  }
}

}  // namespace
}  // namespace viaduct::sim
