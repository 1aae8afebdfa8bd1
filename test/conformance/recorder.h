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
  void begin(const Frame& frame);
  void next_step() { ++step_; }
  Record take() { return std::move(record_); }

  void observe(const std::string& field, const std::string& value);
  // Status, headers and body; `prefix` tells several replies of one step apart. How a body is framed is the server's
  // choice, so the two framing headers count only for HEAD, where there is no body to frame.
  void reply(const Step& step, const Reply& reply, const std::string& prefix, bool answers_head);
  void head(const Reply& reply, const std::string& prefix, bool answers_head);
  void check_expectation(const Step& step, const Reply& reply);
  std::string body(const std::string& text, bool sorted) const { return normalise_body(text, frame_, sorted); }

 private:
  Frame frame_;
  Record record_;
  int step_ = 0;
};

}  // namespace viaduct::conformance
