#include "v2/health.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/log.h"

namespace viaduct::v2 {
namespace {

constexpr std::chrono::seconds kReadTime{1};

// A linearizable read that somebody waits for no longer than kReadTime. Its timer and its barrier hold on to it.
struct Question {
  Exchange exchange;
  std::function<void(Exchange&, std::string_view failure)> answer;  // null once answered

  void settle(std::string_view failure) {
    if (const auto told = std::exchange(answer, nullptr)) told(exchange, failure);
  }
};

class ReadDone final : public v3bridge::Completion {
 public:
  ReadDone(std::shared_ptr<Question> question, net::Loop::TimerId timer)
      : Completion(*question->exchange.loop), question_(std::move(question)), timer_(timer) {}
  void done(v3bridge::Outcome outcome) override {
    if (!question_->answer) return;
    question_->exchange.loop->cancel_timer(timer_);
    const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body);
    question_->settle(refusal ? std::string_view(refusal->text) : std::string_view());
  }

 private:
  const std::shared_ptr<Question> question_;
  const net::Loop::TimerId timer_;
};

// Answers with what went wrong, or nothing, when a linearizable read is possible or a second has passed.
void read_soon(v3bridge::Engine& engine, Exchange&& exchange,
               std::function<void(Exchange&, std::string_view failure)> answer) {
  net::Loop& loop = *exchange.loop;
  const auto question = std::make_shared<Question>(Question{std::move(exchange), std::move(answer)});
  const auto timer =
      loop.start_timer(loop.now() + kReadTime, [question] { question->settle("no answer from a quorum in time"); });
  engine.read_barrier(std::make_unique<ReadDone>(question, timer));
}

net::Form query_of(const Exchange& exchange) {
  net::Form form;
  (void)form.parse(exchange.request.raw_query());  // what cannot be read asks for nothing
  return form;
}

bool asks_for(const net::Form& form, std::string_view name) {
  const std::string* value = form.find(name);
  return value && *value == "true";
}

// The first alarm that the request does not exclude, or an empty text.
std::string unexcused_alarm(const v3bridge::Engine& engine, const net::Form& form) {
  const std::vector<std::string> excluded = form.all("exclude");
  for (const v3bridge::ActiveAlarm& alarm : engine.alarms()) {
    if (std::find(excluded.begin(), excluded.end(), alarm.kind) == excluded.end()) return alarm.kind;
  }
  return {};
}

}  // namespace

void Health::serve(Exchange&& exchange) {
  const net::Form form = query_of(exchange);
  if (const std::string alarm = unexcused_alarm(engine_, form); !alarm.empty())
    return answer(exchange, false, "alarm " + alarm);
  if (asks_for(form, "serializable")) return answer(exchange, true, {});
  if (!engine_.raft_status().leader) return answer(exchange, false, "no leader");
  read_soon(engine_, std::move(exchange),
            [this](Exchange& asked, std::string_view failure) { answer(asked, failure.empty(), failure); });
}

void Health::answer(Exchange& exchange, bool healthy, std::string_view reason) {
  (healthy ? counts_.success : counts_.failures).fetch_add(1, std::memory_order_relaxed);
  if (!healthy) {
    log::warn("/health error", {{"reason", reason}});
    return exchange.reply_text_error(503, "{\"health\":\"false\"}");
  }
  exchange.headers.add("Content-Type", "text/plain; charset=utf-8");
  exchange.reply(200, std::string("{\"health\":\"true\"}"));
}

void Probe::serve(Exchange&& exchange) {
  if (kind_ == Kind::kLive) return answer(exchange, true);
  read_soon(engine_, std::move(exchange),
            [this](Exchange& asked, std::string_view failure) { answer(asked, failure.empty()); });
}

std::vector<Probe::Check> Probe::checks(bool linearizable_ok) const {
  if (kind_ == Kind::kLive) return {{"serializable_read", true, {}}};
  const std::vector<v3bridge::ActiveAlarm> alarms = engine_.alarms();
  const bool corrupt =
      std::any_of(alarms.begin(), alarms.end(), [](const auto& alarm) { return alarm.kind == "CORRUPT"; });
  return {{"data_corruption", !corrupt, "alarm CORRUPT is raised"},
          {"serializable_read", true, {}},
          {"linearizable_read", linearizable_ok, "no answer from a quorum"}};
}

void Probe::answer(Exchange& exchange, bool linearizable_ok) const {
  const net::Form form = query_of(exchange);
  const std::vector<std::string> excluded = form.all("exclude");
  const std::string_view wanted =
      std::string_view(exchange.path).substr(std::min(exchange.path.size(), route().size() + 1));
  bool found = wanted.empty(), ok = true;
  std::string report;
  for (const Check& check : checks(linearizable_ok)) {
    const bool left_out = std::find(excluded.begin(), excluded.end(), check.name) != excluded.end();
    if ((!wanted.empty() && check.name != wanted) || left_out) continue;
    found = true;
    ok = ok && check.ok;
    report += (check.ok ? "[+]" : "[-]") + std::string(check.name) +
              (check.ok ? " ok" : " failed: " + std::string(check.reason)) + '\n';
  }
  if (!found) return exchange.reply_text_error(404, "404 page not found");
  if (!ok) return exchange.reply_text_error(503, report + std::string(route().substr(1)) + " check failed");
  exchange.headers.add("Content-Type", "text/plain; charset=utf-8");
  exchange.reply(200, form.find("verbose") ? report + "ok\n" : std::string("ok\n"));
}

}  // namespace viaduct::v2
