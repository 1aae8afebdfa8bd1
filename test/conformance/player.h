// Plays cases against one server, or one cluster, as a client would, and records what it answers. V3Player has the v3
// steps.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/conformance/connection.h"
#include "test/conformance/expand.h"
#include "test/conformance/recorder.h"
#include "test/conformance/scenario.h"
#include "test/conformance/servers.h"
#include "test/conformance/v3_player.h"

namespace viaduct::conformance {

// Ownership: borrows the servers. Threads: one at a time.
class Player {
 public:
  Player(Servers& servers, bool alone) : servers_(servers), alone_(alone), v3_(servers, variables_, recorder_) {}

  // `number` tells cases of one server apart; the same case has the same number on both sides.
  Record play(const Case& one, int number);

 private:
  struct Watch {
    Connection connection;
    ReplyParser parser;
    explicit Watch(int port) : connection(port) {}
  };

  void begin(const Case& one, int number);
  Frame learn_numbers();
  void end();
  void empty_tree();
  void play_step(const Step& step);
  void request(const Step& step);
  void parallel(const Step& step);
  void raw(const Step& step);
  void any_reaction(Connection& connection);
  void start_watch(const Step& step);
  void on_watch(const Step& step);
  void watched(const Step& step, const std::string& field, const std::string& text, bool as_hoped);
  void gone(const Step& step);
  void stats();
  void restart(const Step& step);

  Reply fetch(const std::string& method, const std::string& target);
  Reply exchange(const Step& step, const Variables& variables, bool& answered);
  std::string bytes_of(const Step& step, const Variables& variables) const;

  void turn_to(const Step& step);
  void start_members(const Step& step);
  void learn_added_member(const Step& step, const Reply& reply);
  void name_members();
  Server& server() const { return servers_.current(); }

  Servers& servers_;
  bool alone_;  // no oracle is played beside this one
  Variables variables_;
  Frame frame_;
  Recorder recorder_;
  V3Player v3_;
  std::optional<Wire> wire_;  // of the case's v3 steps
  bool has_directory_ = false;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
  std::map<std::string, long> counters_;  // of /v2/stats/store, when `stats` was last played
};

}  // namespace viaduct::conformance
