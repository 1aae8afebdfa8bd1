// Plays the v3 steps of a case against one server, over gRPC or through the gateway, and records the answers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/conformance/expand.h"
#include "test/conformance/recorder.h"
#include "test/conformance/scenario.h"
#include "test/conformance/servers.h"
#include "test/conformance/v3_text.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {

// Ownership: borrows servers, variables and recorder. Threads: one at a time.
class V3Player {
 public:
  V3Player(Servers& servers, Variables& variables, Recorder& recorder)
      : servers_(servers), variables_(variables), recorder_(recorder) {}

  // Connects, and learns the numbers that the case's answers are relative to.
  void begin(Wire wire);
  // The current member is another; the streams stay where they are.
  void turn(Wire wire);
  void connect(Wire wire);
  void play(const Step& step);
  bool has_stream(const std::string& name) const { return streams_.contains(name); }
  void on_stream(const Step& step);
  // Leaves a store without keys, leases and alarms.
  void end();
  void disconnect();

 private:
  void rpc(const Step& step);
  void burst(const Step& step, const Rpc& rpc, const Message& message);
  void open(const Step& step);
  void events(const Step& step);
  void end_of_stream(const Step& step, V3Stream& stream);

  std::unique_ptr<Message> request(const Step& step, const Rpc& rpc, const std::string& text);
  bool requests(const Step& step, const Rpc& rpc, Requests& to);
  CallOptions options(const Step& step) const;
  Answer ask(const std::string& name, const std::string& text);
  void learn_lease(const Message& response);
  std::string short_form(const Answer& answer) const;
  void record(const std::string& field, const Answer& answer);

  struct Opened {
    Rpc rpc;
    std::unique_ptr<V3Stream> stream;
  };

  void name_members();
  void learn_added_member(const Message& response);
  const Server& server() const { return servers_.current(); }

  Servers& servers_;
  Variables& variables_;
  Recorder& recorder_;
  V3Frame frame_;
  std::unique_ptr<V3Wire> wire_;
  std::vector<std::unique_ptr<V3Wire>> former_wires_;  // to members that were the current one before
  std::map<std::string, Opened> streams_;              // destroyed before the wire that they borrow
};

}  // namespace viaduct::conformance
