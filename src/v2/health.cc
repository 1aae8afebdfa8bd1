#include "v2/health.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"

namespace viaduct::v2 {
namespace {

bool succeeded(const v3bridge::Outcome& outcome) { return !std::holds_alternative<v3bridge::Refusal>(outcome.body); }

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

class Health::ReadDone final : public v3bridge::Completion {
 public:
  ReadDone(Health& health, Exchange&& exchange)
      : Completion(*exchange.loop), health_(health), exchange_(std::move(exchange)) {}
  void done(v3bridge::Outcome outcome) override {
    const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body);
    health_.answer(exchange_, !refusal, refusal ? std::string_view(refusal->text) : std::string_view());
  }

 private:
  Health& health_;
  Exchange exchange_;
};

void Health::serve(Exchange&& exchange) {
  const net::Form form = query_of(exchange);
  if (const std::string alarm = unexcused_alarm(engine_, form); !alarm.empty()) return answer(exchange, false, "alarm " + alarm);
  if (asks_for(form, "serializable")) return answer(exchange, true, {});
  if (!engine_.raft_status().leader) return answer(exchange, false, "no leader");
  engine_.read_barrier(std::make_unique<ReadDone>(*this, std::move(exchange)));
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

class Probe::ReadDone final : public v3bridge::Completion {
 public:
  ReadDone(const Probe& probe, Exchange&& exchange)
      : Completion(*exchange.loop), probe_(probe), exchange_(std::move(exchange)) {}
  void done(v3bridge::Outcome outcome) override { probe_.answer(exchange_, succeeded(outcome)); }

 private:
  const Probe& probe_;
  Exchange exchange_;
};

void Probe::serve(Exchange&& exchange) {
  if (kind_ == Kind::kLive) return answer(exchange, true);
  engine_.read_barrier(std::make_unique<ReadDone>(*this, std::move(exchange)));
}

std::vector<Probe::Check> Probe::checks(bool linearizable_ok) const {
  if (kind_ == Kind::kLive) return {{"serializable_read", true, {}}};
  const std::vector<v3bridge::ActiveAlarm> alarms = engine_.alarms();
  const bool corrupt = std::any_of(alarms.begin(), alarms.end(), [](const auto& alarm) { return alarm.kind == "CORRUPT"; });
  return {{"data_corruption", !corrupt, "alarm CORRUPT is raised"},
          {"serializable_read", true, {}},
          {"linearizable_read", linearizable_ok, "no answer from a quorum"}};
}

void Probe::answer(Exchange& exchange, bool linearizable_ok) const {
  const net::Form form = query_of(exchange);
  const std::vector<std::string> excluded = form.all("exclude");
  const std::string_view wanted = std::string_view(exchange.path).substr(std::min(exchange.path.size(), route().size() + 1));
  bool found = wanted.empty(), ok = true;
  std::string report;
  for (const Check& check : checks(linearizable_ok)) {
    const bool left_out = std::find(excluded.begin(), excluded.end(), check.name) != excluded.end();
    if ((!wanted.empty() && check.name != wanted) || left_out) continue;
    found = true;
    ok = ok && check.ok;
    report += (check.ok ? "[+]" : "[-]") + std::string(check.name) + (check.ok ? " ok" : " failed: " + std::string(check.reason)) + '\n';
  }
  if (!found) return exchange.reply_text_error(404, "404 page not found");
  if (!ok) return exchange.reply_text_error(503, report + std::string(route().substr(1)) + " check failed");
  exchange.headers.add("Content-Type", "text/plain; charset=utf-8");
  exchange.reply(200, form.find("verbose") ? report + "ok\n" : std::string("ok\n"));
}

}  // namespace viaduct::v2
