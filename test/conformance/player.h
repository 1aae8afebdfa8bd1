// Plays cases against one server, as a client would, and records what it answers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/conformance/connection.h"
#include "test/conformance/expand.h"
#include "test/conformance/recorder.h"
#include "test/conformance/scenario.h"
#include "test/conformance/server.h"

namespace viaduct::conformance {

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
  void any_reaction(Connection& connection);
  void start_watch(const Step& step);
  void on_watch(const Step& step);
  void gone(const Step& step);
  void stats();
  void restart();

  Reply fetch(const std::string& method, const std::string& target);
  Reply exchange(const Step& step, const Variables& variables, bool& answered);
  std::string bytes_of(const Step& step, const Variables& variables) const;

  Server& server_;
  Variables variables_;
  Recorder recorder_;
  bool has_directory_ = false;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
  std::map<std::string, long> counters_;  // of /v2/stats/store, when `stats` was last played
};

}  // namespace viaduct::conformance
