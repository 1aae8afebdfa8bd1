// One v3 call as a service sees it, whether it came as gRPC or through the JSON gateway.
//   unary:  Method::invoke() gets a Call, and answers it once, then or later: reply() or fail().
//   stream: Method::open() gets a Call and returns an Inbound, which is told what the client sends; it says send() any
//           number of times and finish() once.
// Ownership: a unary Call belongs to whoever owes the answer, and dies with it. A stream's Call and Inbound belong to
//            the wire, which destroys both after on_gone() or finish(); never from inside a call into either.
// Threads:   all on the loop of the call. Work done elsewhere comes back by posting to loop().
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "net/loop.h"
#include "v3/status.h"

namespace viaduct::v3 {

using google::protobuf::Message;

// What came along with a call (v3-api.md 1.4): names in lower case, values as sent.
class Metadata {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  std::string_view find(std::string_view name) const;  // the first value; empty if there is none
  bool contains(std::string_view name) const;
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

class Call {
 public:
  virtual ~Call() = default;  // of a unary call that was not answered: fails as etcd does when it stops

  virtual net::Loop& loop() = 0;
  virtual const Metadata& metadata() const = 0;

  // Nothing happens once the client has gone, the deadline has passed, or the call was answered.
  virtual void reply(const Message& response) = 0;  // unary
  virtual void send(const Message& response) = 0;   // stream: the next message
  // The same for a message that is encoded already; `prototype` says what it is.
  virtual void send_encoded(Bytes response, const Message& prototype) = 0;
  virtual void finish(Status status) = 0;  // a stream's end, or a unary call that failed
  void fail(Status status) { finish(std::move(status)); }

  virtual bool is_open() const = 0;  // someone still waits
  // Unary: calls `function`, which may destroy this call, if the client goes away, its deadline passes or the server
  // stops before the answer. Once at most, and never from inside a call into this.
  virtual void when_gone(std::function<void()> function) = 0;
  virtual size_t backlog() = 0;               // bytes said and not gone; when not zero, on_drained() follows
  virtual void pause_input(bool paused) = 0;  // stream: the client's messages wait, and then the client
};

// The client's side of a stream. After on_gone() nothing follows.
class Inbound {
 public:
  virtual ~Inbound() = default;
  virtual void on_message(Message& request) = 0;  // may be taken apart
  virtual void on_half_close() = 0;               // the client will send no more, and still listens
  virtual void on_gone() = 0;                     // the client went away, or its deadline passed
  virtual void on_drained() = 0;                  // backlog() was asked, was not zero, and now is
  virtual void on_shutdown() = 0;                 // the server stops: finish() now
};

}  // namespace viaduct::v3
