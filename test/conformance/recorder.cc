#include "test/conformance/recorder.h"

#include <cstdlib>
#include <map>
#include <regex>
#include <set>

namespace viaduct::conformance {
namespace {

bool asks_for_order(const std::string& target) {
  static const std::regex kSorted("[?&]sorted=(1|t|T|TRUE|true|True)(&|$)");
  return std::regex_search(target, kSorted);
}

// The distinct matches in order of their bytes, one per line.
std::string found_in(const std::string& body, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(body.begin(), body.end(), regex), end; match != end; ++match) {
    found.insert(match->str());
  }
  std::string result;
  for (const std::string& one : found) result += one + "\n";
  return result;
}

int error_code_of(const std::string& body) {
  static const std::regex kCode("\"errorCode\":(\\d+)");
  std::smatch match;
  return std::regex_search(body, match, kCode) ? std::stoi(match.str(1)) : 0;
}

}  // namespace

void Recorder::begin(const Frame& frame, bool alone) {
  frame_ = frame;
  alone_ = alone;
  record_ = {};
  step_ = 0;
}

void Recorder::observe(const std::string& field, const std::string& value) {
  record_.observations.push_back({std::to_string(step_) + "." + field, value});
}

void Recorder::reply(const Step& step, const Reply& reply, const std::string& prefix, bool answers_head) {
  head(reply, prefix, answers_head);
  const std::string text = body(reply.body, asks_for_order(step.target));
  observe(prefix + "body", step.grep.empty() ? text : found_in(text, step.grep));
}

void Recorder::head(const Reply& reply, const std::string& prefix, bool answers_head) {
  observe(prefix + "status", reply.status_line);
  if (reply.interim > 0) observe(prefix + "interim", std::to_string(reply.interim));
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : reply.headers) {
    if (!answers_head && (name == "Content-Length" || name == "Transfer-Encoding")) continue;
    std::string& all = headers[name];
    all += (all.empty() ? "" : " | ") + normalise_header(name, value, frame_);
  }
  for (const auto& [name, value] : headers) observe(prefix + "header." + name, value);
}

void Recorder::check_expectation(const Step& step, const Reply& reply) {
  if (!step.expected) return;
  const int code = error_code_of(reply.body);
  const bool as_announced =
      reply.status == step.expected->status && (step.expected->error_code == 0 || code == step.expected->error_code);
  if (as_announced) return;
  complain(step, std::to_string(reply.status) + " " + std::to_string(code));
}

void Recorder::check_answer(const Step& step, const std::string& answer, bool success) {
  if (step.answer ? like(*step.answer, answer) : success || step.expected || !alone_) return;
  complain(step, answer);
}

void Recorder::check_code(const Step& step, const std::string& code) {
  if (step.expected && step.expected->grpc_code != code) complain(step, code);
}

void Recorder::complain(const Step& step, const std::string& what) {
  std::string line = "line " + std::to_string(step.line) + ": " + step.text;
  if (step.answer) line += "\n      announced: " + *step.answer;
  record_.unexpected.push_back(line + "\n      it was:    " + what);
}

std::string Recorder::short_form(const Reply& reply) const {
  const std::string revision = reply.header("X-Etcd-Revision");
  std::string text = std::to_string(reply.status);
  text += " " + normalise_header("X-Etcd-Index", reply.header("X-Etcd-Index"), frame_);
  text += " " + relative_number("r", std::strtoll(revision.c_str(), nullptr, 10), frame_.revision);
  text += " " + body(reply.body, true);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace viaduct::conformance
