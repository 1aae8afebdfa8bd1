// Plays cases against one server and writes down, normalised, what a client could observe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/conformance/connection.h"
#include "test/conformance/expand.h"
#include "test/conformance/normalise.h"
#include "test/conformance/scenario.h"
#include "test/conformance/server.h"

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

// Ownership: borrows the server. Threads: one at a time.
class Player {
 public:
  explicit Player(Server& server) : server_(server) {}

  // `number` tells cases of one server apart; the same case has the same number on both sides.
  Record play(const Case& one, int number);

 private:
  struct Watch {
    Connection connection;
    ReplyParser parser;
    explicit Watch(int port) : connection(port) {}
  };

  void begin(const Case& one, int number);
  void end();
  void play_step(const Step& step);
  void request(const Step& step);
  void parallel(const Step& step);
  void raw(const Step& step);
  void start_watch(const Step& step);
  void on_watch(const Step& step);
  void gone(const Step& step);
  void stats();
  void restart();

  Reply fetch(const std::string& method, const std::string& target);
  Reply exchange(const Step& step, const Variables& variables, bool& answered);
  std::string bytes_of(const Step& step, const Variables& variables) const;
  void observe(const std::string& field, const std::string& value);
  void observe_head(const Reply& reply, const std::string& prefix, bool framing_counts);
  void observe_body(const Step& step, const Reply& reply, const std::string& prefix);
  void check_expectation(const Step& step, const Reply& reply);

  Server& server_;
  Variables variables_;
  Frame frame_;
  Record record_;
  int step_ = 0;
  bool has_directory_ = false;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
  std::map<std::string, long> counters_;  // of /v2/stats/store, when `stats` was last played
};

}  // namespace viaduct::conformance
