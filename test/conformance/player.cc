#include "test/conformance/player.h"

#include <algorithm>
#include <regex>
#include <thread>

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kReplyTime = 10s;
constexpr auto kEventTime = 4s;
constexpr auto kSilence = 250ms;
constexpr auto kPollPause = 20ms;
constexpr char kAdded[] = "<added>";  // what a member that the case added is called

std::map<std::string, long> counters_in(const std::string& body) {
  static const std::regex kCounter("\"(\\w+)\":(\\d+)");
  std::map<std::string, long> counters;
  for (std::sregex_iterator match(body.begin(), body.end(), kCounter), end; match != end; ++match) {
    counters[match->str(1)] = std::stol(match->str(2));
  }
  return counters;
}

// Takes lines off the reply until one contains `wanted`; the last one taken is left in `line`.
bool passes(ReplyParser& parser, const std::string& wanted, std::string& line) {
  for (std::string next; !(next = parser.take_line()).empty();) {
    line = std::move(next);
    if (line.find(wanted) != std::string::npos) return true;
  }
  return false;
}

bool needs_directory(const Case& one) {
  return std::any_of(one.steps.begin(), one.steps.end(), [](const Step& step) {
    return names_directory(step.target) || names_directory(step.raw) || names_directory(step.form.value_or(""));
  });
}

}  // namespace

Record Player::play(const Case& one, int number) {
  begin(one, number);
  for (const Step& step : one.steps) {
    recorder_.next_step();
    play_step(step);
  }
  end();
  return recorder_.take();
}

void Player::begin(const Case& one, int number) {
  counters_.clear();
  if (const Result<void> ready = servers_.make_ready(); !ready) recorder_.observe("cluster", ready.error().message);
  has_directory_ = needs_directory(one);
  wire_ = one.wire;
  variables_ = {};
  variables_.directory = "/case-" + std::to_string(number);
  recorder_.begin(learn_numbers(), alone_);
}

Frame Player::learn_numbers() {
  name_members();
  const Reply first =
      has_directory_ ? fetch("PUT", "/v2/keys" + variables_.directory + "?dir=true") : fetch("GET", "/v2/keys");
  variables_.index = std::strtoull(first.header("X-Etcd-Index").c_str(), nullptr, 10);
  if (wire_) v3_.begin(*wire_);
  frame_.index = variables_.index;
  frame_.revision = variables_.revision;
  return frame_;
}

void Player::name_members() {
  variables_.client = server().client();
  variables_.peer = server().peer();
  variables_.member = server().member();
  for (const auto& one : servers_.all()) {
    variables_.named[one->name() + ".client"] = one->client();
    variables_.named[one->name() + ".peer"] = one->peer();
    variables_.named[one->name() + ".member"] = one->member();
    variables_.named[one->name() + ".id"] = std::to_string(one->member_id());
  }
  variables_.named["spare"] = servers_.spare();
  frame_ = {frame_.index,      server().client(), server().peer(),
            server().member(), frame_.revision,   servers_.other_names()};
  if (variables_.named.contains("added")) frame_.others.emplace_back(variables_.named["added"], kAdded);
}

void Player::turn_to(const Step& step) {
  if (!servers_.turn_to(step.names.front())) return recorder_.complain(step, "there is no such member");
  name_members();
  recorder_.rebase(frame_);
  if (wire_) v3_.turn(*wire_);
}

void Player::start_members(const Step& step) {
  const Result<void> again = servers_.start(step.names);
  recorder_.observe("start", again ? "serve again" : again.error().message);
}

// What a member that was added is called from here on, and how the scenario calls it.
void Player::learn_added_member(const Step& step, const Reply& reply) {
  static const std::regex kId(R"re(\{"id":"([0-9a-f]+)","name":"")re");
  std::smatch match;
  if (step.method != "POST" || reply.status != 201 || !std::regex_search(reply.body, match, kId)) return;
  variables_.named["added"] = match.str(1);
  frame_.others.emplace_back(match.str(1), kAdded);
  recorder_.rebase(frame_);
}

void Player::end() {
  watches_.clear();
  if (has_directory_) fetch("DELETE", "/v2/keys" + variables_.directory + "?recursive=true");
  if (server().running() && wire_) v3_.end();
  if (alone_) empty_tree();
  if (server().running()) return;
  recorder_.observe("server", "the process has ended");
  const Result<void> again = server().restart();
  if (!again) recorder_.observe("restart", again.error().message);
}

// The explicit directories that the case's v2 writes left behind; hidden ones cannot be listed and stay.
void Player::empty_tree() {
  static const std::regex kKey(R"re("key":"(/[^"]*)")re");
  const std::string listing = fetch("GET", "/v2/keys/").body;
  for (std::sregex_iterator match(listing.begin(), listing.end(), kKey), end; match != end; ++match) {
    fetch("DELETE", "/v2/keys" + match->str(1) + "?recursive=true");
  }
}

void Player::play_step(const Step& step) {
  switch (step.action) {
    case Action::kRequest:
      return request(step);
    case Action::kParallel:
      return parallel(step);
    case Action::kRaw:
      return raw(step);
    case Action::kWatch:
      return start_watch(step);
    case Action::kEvent:
    case Action::kSilent:
    case Action::kHangUp:
      return v3_.has_stream(step.name) ? v3_.on_stream(step) : on_watch(step);
    case Action::kUntil:
    case Action::kResult:
      return on_watch(step);
    case Action::kGone:
      return gone(step);
    case Action::kStats:
      return stats();
    case Action::kRestart:
    case Action::kFresh:
      return restart(step);
    case Action::kSleep:
      std::this_thread::sleep_for(step.latest);
      return;
    case Action::kAt:
      return turn_to(step);
    case Action::kKill:
      return servers_.kill(step.names);
    case Action::kStart:
      return start_members(step);
    case Action::kRpc:
    case Action::kOpen:
    case Action::kSend:
    case Action::kEvents:
    case Action::kHalfClose:
    case Action::kEnd:
    case Action::kHttp2:
    case Action::kPings:
    case Action::kSnapshot:
    case Action::kChurn:
      return wire_ ? v3_.play(step) : recorder_.complain(step, "a v3 step in a case that is over nothing");
  }
}

void Player::request(const Step& step) {
  bool answered = false;
  const Reply reply = exchange(step, variables_, answered);
  if (!answered) return recorder_.observe("status", "no whole reply");
  learn_added_member(step, reply);
  recorder_.reply(step, reply, "", step.method == "HEAD");
  recorder_.check_expectation(step, reply);
  recorder_.check_answer(step, recorder_.short_form(reply), reply.status < 400);
}

void Player::parallel(const Step& step) {
  std::vector<std::string> answers(static_cast<size_t>(step.count));
  std::vector<std::thread> threads;
  for (int i = 0; i < step.count; ++i) {
    threads.emplace_back([this, &step, &answers, i] {
      Variables mine = variables_;
      mine.number = i;
      bool answered = false;
      const Reply reply = exchange(step, mine, answered);
      answers[static_cast<size_t>(i)] =
          answered ? reply.status_line + " " + recorder_.body(reply.body, true) : "no whole reply\n";
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(answers.begin(), answers.end());
  std::string all;
  for (const std::string& answer : answers) all += answer;
  recorder_.observe("answers", all);
}

void Player::raw(const Step& step) {
  Connection connection(server().client_port());
  const std::string bytes = expand(step.raw, variables_);
  // A \p in the text is a pause: what follows travels in a packet of its own.
  for (size_t at = 0; at <= bytes.size();) {
    const size_t pause = std::min(bytes.find("\\p", at), bytes.size());
    connection.send(std::string_view(bytes).substr(at, pause - at), in(kReplyTime));
    if (pause < bytes.size()) std::this_thread::sleep_for(50ms);
    at = pause + 2;
  }
  if (step.count == 0) return any_reaction(connection);
  for (int i = 1; i <= step.count; ++i) {
    ReplyParser parser(bytes.starts_with("HEAD "));
    const std::string prefix = step.count == 1 ? "" : "reply" + std::to_string(i) + ".";
    if (!connection.receive(
            parser, [&] { return parser.complete(); }, in(3s))) {
      return recorder_.observe(prefix + "status",
                               connection.closed() ? "closed without a whole reply" : "no whole reply");
    }
    recorder_.reply(step, parser.reply(), prefix, bytes.starts_with("HEAD "));
    if (i == 1) recorder_.check_expectation(step, parser.reply());
  }
  connection.send("GET /version HTTP/1.1\r\nHost: probe\r\n\r\n", in(1s));
  ReplyParser probe;
  const bool served = connection.receive(
      probe, [&] { return probe.complete(); }, in(2s));
  recorder_.observe("connection", served ? "serves" : connection.closed() ? "closed" : "silent");
}

void Player::any_reaction(Connection& connection) {
  ReplyParser parser;
  const bool answered = connection.receive(
      parser, [&] { return parser.complete(); }, in(1s));
  if (answered) recorder_.observe("status", parser.reply().status_line);
  ReplyParser nothing_more;
  connection.receive(
      nothing_more, [] { return false; }, in(1s));
  recorder_.observe("connection", connection.closed() ? "closed" : "silent");
}

void Player::start_watch(const Step& step) {
  auto watch = std::make_unique<Watch>(server().client_port());
  watch->connection.send(bytes_of(step, variables_), in(kReplyTime));
  const bool begun = watch->connection.receive(
      watch->parser, [&] { return watch->parser.has_head(); }, in(kEventTime));
  if (!begun) {
    recorder_.observe("status", "no head");
  } else {
    recorder_.head(watch->parser.reply(), "", false);
    recorder_.check_expectation(step, watch->parser.reply());
  }
  watches_[step.name] = std::move(watch);
}

void Player::on_watch(const Step& step) {
  const auto found = watches_.find(step.name);
  if (found == watches_.end()) return recorder_.observe("watch", "not started");
  auto& [connection, parser] = *found->second;
  std::string text;
  switch (step.action) {
    case Action::kEvent:
      connection.receive(
          parser, [&] { return !(text = parser.take_line()).empty(); }, in(kEventTime));
      return watched(step, "event", text, !text.empty());
    case Action::kUntil:
      connection.receive(
          parser, [&] { return passes(parser, step.grep, text); }, in(kEventTime));
      return recorder_.observe("event", text.find(step.grep) == std::string::npos ? "none" : "came");
    case Action::kResult:
      connection.receive(
          parser, [&] { return parser.complete(); }, in(kEventTime));
      watched(step, "body", parser.take_body(), parser.complete());
      return recorder_.observe("end", parser.complete() ? "ended" : parser.broken() ? "broken" : "still open");
    case Action::kSilent:
      connection.receive(
          parser, [&] { return !(text = parser.take_line()).empty(); }, in(kSilence));
      watched(step, "event", text, text.empty());
      return recorder_.observe("end", parser.complete() ? "ended" : parser.broken() ? "broken" : "still open");
    default:
      watches_.erase(found);
  }
}

void Player::watched(const Step& step, const std::string& field, const std::string& text, bool as_hoped) {
  std::string shown = text.empty() && field == "event" ? "none" : recorder_.body(text, true);
  recorder_.observe(field, shown);
  if (shown.ends_with('\n')) shown.pop_back();
  recorder_.check_answer(step, shown, as_hoped);
}

void Player::gone(const Step& step) {
  const auto start = steady_clock::now();
  const std::string target = expand(step.target, variables_);
  const auto elapsed = [&] { return steady_clock::now() - start; };
  // Well past `latest`, so that a slow machine shows as late and not as never.
  while (elapsed() < step.latest + kEventTime && fetch("GET", target).status == 200) {
    std::this_thread::sleep_for(kPollPause);
  }
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed());
  const bool timely = taken >= step.earliest && taken <= step.latest;
  recorder_.observe("gone", timely ? "in time" : "after " + std::to_string(taken.count()) + " ms");
}

void Player::stats() {
  const std::map<std::string, long> now = counters_in(fetch("GET", "/v2/stats/store").body);
  std::string moved;
  for (const auto& [name, value] : now) {
    const long by = value - (counters_.empty() ? value : counters_[name]);
    if (by != 0) moved += (moved.empty() ? "" : " ") + name + (by > 0 ? "+" : "") + std::to_string(by);
  }
  recorder_.observe("counters", moved);
  counters_ = now;
}

void Player::restart(const Step& step) {
  watches_.clear();
  v3_.disconnect();
  const bool fresh = step.action == Action::kFresh;
  const Result<void> again = fresh ? server().restart_empty() : server().restart();
  recorder_.observe("restart", again ? "serves again" : again.error().message);
  if (fresh) return recorder_.rebase(learn_numbers());
  if (wire_) v3_.connect(*wire_);
}

Reply Player::fetch(const std::string& method, const std::string& target) {
  Step step;
  step.method = method;
  step.target = target;
  bool answered = false;
  return exchange(step, variables_, answered);
}

Reply Player::exchange(const Step& step, const Variables& variables, bool& answered) {
  Connection connection(server().client_port());
  const Deadline deadline = in(kReplyTime);
  connection.send(bytes_of(step, variables), deadline);
  ReplyParser parser(step.method == "HEAD");
  answered = connection.receive(
      parser, [&] { return parser.complete(); }, deadline);
  return parser.reply();
}

std::string Player::bytes_of(const Step& step, const Variables& variables) const {
  std::string headers;
  bool has_host = false;
  for (const std::string& header : step.headers) {
    headers += expand(header, variables) + "\r\n";
    has_host |= header.starts_with("Host:");
  }
  if (!has_host) headers = "Host: " + variables.client + "\r\n" + headers;
  const std::string body = expand(step.form ? *step.form : step.body.value_or(""), variables);
  if (step.form) headers += "Content-Type: application/x-www-form-urlencoded\r\n";
  if (step.form || step.body) headers += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return step.method + " " + expand(step.target, variables) + " HTTP/1.1\r\n" + headers + "\r\n" + body;
}

}  // namespace viaduct::conformance
