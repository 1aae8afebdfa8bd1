// Writes down, normalised, what one case showed: the observations that are compared, field by field.
#pragma once

#include <string>
#include <vector>

#include "test/conformance/normalise.h"
#include "test/conformance/reply.h"
#include "test/conformance/scenario.h"

namespace viaduct::conformance {

// One thing that can be compared: field "2.header.Allow" is that header of the case's second step.
struct Observation {
  std::string field;
  std::string value;
};

struct Record {
  std::vector<Observation> observations;
  std::vector<std::string> unexpected;  // where the answer is not the one that the scenario announces
};

// Threads: one at a time.
class Recorder {
 public:
  // `alone`: there is no oracle, so a step without an announced answer must succeed.
  void begin(const Frame& frame, bool alone = false);
  void rebase(const Frame& frame) { frame_ = frame; }  // in the middle of a case: the servers began anew
  void next_step() { ++step_; }
  Record take() { return std::move(record_); }

  void observe(const std::string& field, const std::string& value);
  // Status, headers and body; `prefix` tells several replies of one step apart. How a body is framed is the server's
  // choice, so the two framing headers count only for HEAD, where there is no body to frame.
  void reply(const Step& step, const Reply& reply, const std::string& prefix, bool answers_head);
  void head(const Reply& reply, const std::string& prefix, bool answers_head);
  void check_expectation(const Step& step, const Reply& reply);
  // `answer` is all of it in the short form that `is` announces.
  void check_answer(const Step& step, const std::string& answer, bool success);
  void check_code(const Step& step, const std::string& code);
  void complain(const Step& step, const std::string& what);
  // Status, index, revision and body of a v2 reply in one line.
  std::string short_form(const Reply& reply) const;
  std::string body(const std::string& text, bool sorted) const { return normalise_body(text, frame_, sorted); }

 private:
  Frame frame_;
  bool alone_ = false;
  Record record_;
  int step_ = 0;
};

}  // namespace viaduct::conformance
