#include "test/conformance/v3_player.h"

#include <algorithm>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/conformance/http2_steps.h"
#include "test/conformance/v3_churn.h"
#include "test/conformance/v3_snapshot.h"
#include "v3electionpb/v3election.pb.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kEventTime = 5s;
constexpr auto kSilence = 250ms;
constexpr char kAdded[] = "<added>";  // what a member that the case added is called

std::unique_ptr<V3Wire> wire_to(int port, Wire wire) {
  switch (wire) {
    case Wire::kGrpc:
      return grpc_wire(port);
    case Wire::kGateway:
      return gateway_wire(port);
    case Wire::kWebSocket:
      return websocket_wire(port);
  }
  return nullptr;
}

}  // namespace

void V3Player::connect(Wire wire) {
  disconnect();
  wire_ = wire_to(server().client_port(), wire);
}

void V3Player::begin(Wire wire) {
  connect(wire);
  frame_ = {};
  const Answer answer = ask("KV/Range", R"(key:"\000")");
  if (!answer.message) return recorder_.observe("begin", describe_status(answer.code, answer.text));
  const etcdserverpb::ResponseHeader& header = static_cast<etcdserverpb::RangeResponse&>(*answer.message).header();
  frame_.revision = header.revision();
  frame_.cluster = header.cluster_id();
  variables_.revision = header.revision();
  name_members();
}

void V3Player::turn(Wire wire) {
  if (wire_) former_wires_.push_back(std::move(wire_));
  wire_ = wire_to(server().client_port(), wire);
  name_members();
}

void V3Player::name_members() {
  frame_.client = server().client();
  frame_.peer = server().peer();
  frame_.member = server().member_id();
  variables_.named["member_id"] = std::to_string(frame_.member);
  std::erase_if(frame_.members, [](const auto& one) { return one.second != kAdded; });
  frame_.others = servers_.other_addresses();
  for (const auto& one : servers_.all()) {
    if (one->member_id() != frame_.member) frame_.members[one->member_id()] = "<" + one->name() + ">";
  }
}

void V3Player::disconnect() {
  streams_.clear();
  former_wires_.clear();
  wire_.reset();
}

void V3Player::end() {
  streams_.clear();
  wire_ = grpc_wire(server().client_port());  // the gateway has no way to say that only the first of these failed
  ask("KV/DeleteRange", R"(key:"\000" range_end:"\000")");
  const Answer leases = ask("Lease/LeaseLeases", "");
  if (leases.message) {
    for (const auto& lease : static_cast<etcdserverpb::LeaseLeasesResponse&>(*leases.message).leases()) {
      ask("Lease/LeaseRevoke", "ID:" + std::to_string(lease.id()));
    }
  }
  const Answer alarms = ask("Maintenance/Alarm", "");
  if (alarms.message) {
    for (const auto& alarm : static_cast<etcdserverpb::AlarmResponse&>(*alarms.message).alarms()) {
      ask("Maintenance/Alarm",
          "action:DEACTIVATE memberID:" + std::to_string(alarm.memberid()) + " alarm:" + std::to_string(alarm.alarm()));
    }
  }
  disconnect();
}

void V3Player::play(const Step& step) {
  switch (step.action) {
    case Action::kRpc:
      return rpc(step);
    case Action::kOpen:
      return open(step);
    case Action::kHttp2:
      return play_http2(step, server().client_port(), variables_, frame_, recorder_);
    case Action::kPings:
      return play_pings(step, server().client_port(), recorder_);
    case Action::kSnapshot:
      return play_snapshot(*wire_, recorder_);
    case Action::kChurn:
      return play_churn(step, *wire_, frame_, recorder_);
    default:
      return on_stream(step);
  }
}

void V3Player::rpc(const Step& step) {
  const Result<Rpc> rpc = find_rpc(step.method);
  if (!rpc) return recorder_.complain(step, rpc.error().message);
  const std::unique_ptr<Message> message = request(step, *rpc, step.messages.front());
  if (!message) return;
  if (step.times > 1) return burst(step, *rpc, *message);
  const Answer answer = wire_->call(*rpc, *message, options(step));
  if (answer.message) {
    learn_lease(*answer.message);
    learn_added_member(*answer.message);
  }
  record("answer", answer);
  recorder_.check_code(step, answer.code < 0 ? answer.text : code_name(answer.code));
  recorder_.check_answer(step, short_form(answer), answer.code == 0);
}

// Many equal calls, some at a time so that they share a disk's syncs. What they answer depends on their order, so only
// whether they do is compared.
void V3Player::burst(const Step& step, const Rpc& rpc, const Message& message) {
  constexpr int kAtATime = 100;
  int answered = 0;
  for (int sent = 0; sent < step.times; sent += kAtATime) {
    std::vector<std::unique_ptr<V3Stream>> calls;
    for (int i = sent; i < std::min(sent + kAtATime, step.times); ++i) {
      calls.push_back(wire_->open(rpc, {}, options(step)));
      calls.back()->send(message);
      calls.back()->half_close();
    }
    for (const auto& call : calls) {
      const std::optional<Answer> answer = call->next(in(kEventTime));
      answered += answer && answer->message ? 1 : 0;
    }
  }
  recorder_.observe("answered", std::to_string(answered) + " of " + std::to_string(step.times));
}

void V3Player::open(const Step& step) {
  const Result<Rpc> rpc = find_rpc(step.method);
  if (!rpc) return recorder_.complain(step, rpc.error().message);
  Requests messages;
  if (!requests(step, *rpc, messages)) return;
  streams_[step.name] = {*rpc, wire_->open(*rpc, messages, options(step))};
}

void V3Player::on_stream(const Step& step) {
  const auto found = streams_.find(step.name);
  if (found == streams_.end()) return recorder_.complain(step, "no stream is called " + step.name);
  V3Stream& stream = *found->second.stream;
  switch (step.action) {
    case Action::kSend:
      if (const auto message = request(step, found->second.rpc, step.messages.front())) stream.send(*message);
      return;
    case Action::kHalfClose:
      return stream.half_close();
    case Action::kHangUp:
      stream.hang_up();
      streams_.erase(found);
      return;
    case Action::kEvents:
      return events(step);
    case Action::kEnd:
      return end_of_stream(step, stream);
    default:
      break;
  }
  const std::optional<Answer> answer = stream.next(in(step.action == Action::kSilent ? kSilence : kEventTime));
  if (!answer) {
    recorder_.observe("event", "none");
    return recorder_.check_answer(step, "none", step.action == Action::kSilent);
  }
  record("event", *answer);
  recorder_.check_answer(step, short_form(*answer), step.action == Action::kEvent && answer->message);
}

void V3Player::events(const Step& step) {
  V3Stream& stream = *streams_[step.name].stream;
  std::vector<std::string> answers;
  for (int i = 0; i < step.count; ++i) {
    const std::optional<Answer> answer = stream.next(in(kEventTime));
    answers.push_back(answer ? short_form(*answer) : "none");
    if (!answer || !answer->message) break;
  }
  std::sort(answers.begin(), answers.end());
  std::string all;
  for (const std::string& answer : answers) all += (all.empty() ? "" : "\n") + answer;
  recorder_.observe("events", all);
  recorder_.check_answer(step, all, static_cast<int>(answers.size()) == step.count);
}

void V3Player::end_of_stream(const Step& step, V3Stream& stream) {
  const std::optional<Answer> answer = stream.next(in(kEventTime));
  if (!answer) {
    recorder_.observe("end", "still open");
    return recorder_.check_answer(step, "still open", false);
  }
  record("end", *answer);
  recorder_.check_code(step, answer->code < 0 ? answer->text : code_name(answer->code));
  recorder_.check_answer(step, short_form(*answer), !answer->message && answer->code == 0);
}

std::unique_ptr<Message> V3Player::request(const Step& step, const Rpc& rpc, const std::string& text) {
  Result<std::unique_ptr<Message>> message = read_message(rpc.request, expand_expressions(text, variables_));
  if (message) return std::move(*message);
  recorder_.complain(step, message.error().message);
  return nullptr;
}

bool V3Player::requests(const Step& step, const Rpc& rpc, Requests& to) {
  for (const std::string& text : step.messages) {
    to.push_back(request(step, rpc, text));
    if (!to.back()) return false;
  }
  return true;
}

CallOptions V3Player::options(const Step& step) const {
  CallOptions options{step.metadata, step.timeout};
  for (auto& [name, value] : options.metadata) value = expand(value, variables_);
  return options;
}

Answer V3Player::ask(const std::string& name, const std::string& text) {
  const Result<Rpc> rpc = find_rpc(name);
  const auto message = read_message(rpc->request, text);
  return wire_->call(*rpc, **message, {});
}

// An id that the scenario did not say was chosen by the server, and gets a name.
void V3Player::learn_lease(const Message& response) {
  constexpr int64_t kSmallestChosen = int64_t{1} << 32;
  int64_t id = 0;
  if (const auto* grant = dynamic_cast<const etcdserverpb::LeaseGrantResponse*>(&response)) id = grant->id();
  if (const auto* won = dynamic_cast<const v3electionpb::CampaignResponse*>(&response)) id = won->leader().lease();
  if (id < kSmallestChosen) return;
  const std::string name = "L" + std::to_string(frame_.leases.size() + 1);
  if (frame_.leases.emplace(id, name).second) variables_.named[name] = std::to_string(id);
}

void V3Player::learn_added_member(const Message& response) {
  const auto* added = dynamic_cast<const etcdserverpb::MemberAddResponse*>(&response);
  if (!added) return;
  frame_.members[added->member().id()] = kAdded;
  variables_.named["added_id"] = std::to_string(added->member().id());
}

std::string V3Player::short_form(const Answer& answer) const {
  if (!answer.message) return describe_status(answer.code, answer.text);
  const std::string text = describe(*answer.message, frame_);
  return text.empty() ? "OK" : "OK " + text;
}

void V3Player::record(const std::string& field, const Answer& answer) {
  recorder_.observe(field, short_form(answer));
  if (answer.reply) recorder_.head(*answer.reply, "", false);
  if (answer.json.empty()) return;
  const bool canonical = answer.message && answer.json == to_json(*answer.message);
  recorder_.observe("json", canonical ? "canonical" : answer.json);
}

}  // namespace viaduct::conformance
