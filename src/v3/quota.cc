#include "v3/quota.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "v3/errors.h"
#include "v3/service.h"
#include "v3bridge/space.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

bool is_raised(const v3bridge::Engine& engine) {
  const std::vector<v3bridge::ActiveAlarm> alarms = engine.alarms();
  return std::any_of(alarms.begin(), alarms.end(), [&](const v3bridge::ActiveAlarm& alarm) {
    return alarm.kind == "NOSPACE" && alarm.member == engine.member_id();
  });
}

// Fails the call once the alarm stands, so that who was refused finds it.
class AlarmRaised final : public v3bridge::Completion {
 public:
  explicit AlarmRaised(std::unique_ptr<Call> call) : Completion(call->loop()), call_(std::move(call)) {}
  void done(v3bridge::Outcome) override { call_->fail(kNoSpace); }

 private:
  std::unique_ptr<Call> call_;
};

}  // namespace

bool Quota::admits(const Command& command, std::unique_ptr<Call>& call) {
  if (bytes_ == ServiceOptions::kNoQuota) return true;
  const uint64_t cost = v3bridge::space_cost(command);
  if (cost == 0 || engine_.store().sizes().record_bytes + cost < bytes_) return true;
  if (is_raised(engine_)) {
    call->fail(kNoSpace);
    return false;
  }
  Command raise;
  raise.mutable_alarm()->set_member(engine_.member_id().value);
  raise.mutable_alarm()->set_kind(Alarm::NOSPACE);
  raise.mutable_alarm()->set_raise(true);
  engine_.propose(std::move(raise), std::make_unique<AlarmRaised>(std::move(call)));
  return false;
}

}  // namespace viaduct::v3
