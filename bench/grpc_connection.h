// One HTTP/2 connection that carries gRPC calls, many at a time.
// Ownership: borrows the listener. Threads: one at a time.
// Errors: Failure when the server closes it, or a call ends with anything but status 0.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/socket.h"

namespace viaduct::bench {

// Told what comes back, from inside GrpcConnection::receive(); may start calls and send.
class CallListener {
 public:
  virtual ~CallListener() = default;
  virtual void on_message(uint64_t call, std::string_view message) = 0;  // without its frame head
  virtual void on_end(uint64_t call) = 0;
};

class GrpcConnection {
 public:
  GrpcConnection(int port, CallListener& listener);
  GrpcConnection(const GrpcConnection&) = delete;

  // A call of one framed message. `call` is the caller's own number for it.
  void start(std::string_view path, uint64_t call, std::string_view message) { open(path, call, message, true); }
  // A call that takes more messages by send().
  void start_stream(std::string_view path, uint64_t call) { open(path, call, {}, false); }
  void send(uint64_t call, std::string_view message);

  void flush();    // writes what start() and send() made; blocks while the server takes nothing
  void receive();  // takes what has come, without waiting, and flushes
  int socket() const { return socket_.descriptor(); }

 private:
  struct Call {
    uint64_t number;
    int32_t stream = 0;
    std::string out;  // waits for the session to take it
    bool out_ends;
    std::string in;  // an unfinished message
    bool succeeded = false;
  };
  struct DeleteSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Callbacks;

  void open(std::string_view path, uint64_t call, std::string_view message, bool ends);
  void take(Call& call, std::string_view bytes);
  void close(Call& call);

  Socket socket_;
  CallListener& listener_;
  std::unique_ptr<nghttp2_session, DeleteSession> session_;
  std::unordered_map<uint64_t, Call> calls_;
  std::string failure_;  // no exception may pass through the session
};

// Does one unary call on a connection of its own; its answer is thrown away.
void call_once(int port, std::string_view path, std::string_view message);

}  // namespace viaduct::bench
