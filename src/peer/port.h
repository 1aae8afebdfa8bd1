// What the peer listener serves of ours: handshakes, the streams that peers dial, snapshots and probing; all else goes
// to a fallback, which has /members and /version. A handshake tells who speaks and to whom, and gives a token for one
// stream; whoever is no member, means someone else or speaks another format is refused and counted (RF-12).
//
//   POST /viaduct/peer/handshake?kind=bulk|control   headers of handshake.h; 200 with a token, else a text:
//                                                    400 no sense, 403 no member, or not meant for us,
//                                                    409 a newer process of it was here, 410 removed,
//                                                    412 other cluster or format
//   POST /viaduct/peer/stream?kind=bulk|control      the same headers and X-Viaduct-Token; the body is frames without
//                                                    end (frame_codec.h). Answered only when it is refused or cut:
//                                                    403 not this token, 400 damaged, 408 silent, 409 superseded,
//                                                    410 removed
//   POST /viaduct/peer/snapshot                      snapshot_wire.h
//   GET  /raft/probing                               {"OK":true,"Now":"..."}
//
// Promise:   frames of a stream come to Listener::received() in order, on the loop that has it, until its member has
//            left the cluster, or shaken hands for a newer stream of that kind or as a newer incarnation.
// Memory:    of a stream at most one frame that is not complete.
// Ownership: owns the incoming streams, and the thread that the sink is called on; borrows links, clock, fallback and
//            sink. Outlives its listener and the loops.
// Threads:   any loop's.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "net/counters.h"
#include "net/handler.h"
#include "peer/handshake.h"
#include "peer/links.h"
#include "peer/snapshot_receiver.h"

namespace viaduct::net {
struct Reply;
}

namespace viaduct::peer {

class InStream;

struct PortCounters {
  net::Counter handshakes;
  net::Counter wrong_cluster, wrong_format, wrong_receiver, unknown_members, removed_members;
  net::Counter older_incarnations;
  net::Counter wrong_tokens;
  net::Counter misdirected;  // raft messages whose sender, receiver or incarnation is not the stream's
  net::Counter damaged;      // streams cut for a bad checksum, length or frame
  net::Counter silent;       // streams cut since nothing came any more
};

class Port final : public net::Handler {
 public:
  // Without a sink, snapshots are refused.
  Port(Links& links, const Clock& clock, net::Handler& fallback, SnapshotSink* sink = nullptr);
  ~Port() override;

  net::BodyPlan body_plan(const net::Request& head) const override;
  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;

  const PortCounters& counters() const { return counters_; }

 private:
  friend class InStream;

  // What a member has been given, and has made of it.
  struct Caller {
    uint64_t incarnation = 0;                                     // the newest that shook hands
    std::array<std::string, kStreamKinds> tokens;                 // handed out, not used yet
    std::array<std::shared_ptr<InStream>, kStreamKinds> streams;  // the newest of each kind
  };
  struct Refusal {
    int status;
    std::string text;
  };
  struct Welcome {
    std::string token;    // empty: another process of it is newer,
    uint64_t newest = 0;  // of this incarnation
  };

  void greet(net::Loop& loop, const net::Request& request, net::ReplyHandle handle);
  void open_stream(net::Loop& loop, const net::Request& request, net::ReplyHandle handle);
  void take_snapshot(net::Loop& loop, net::Request&& request, net::ReplyHandle handle);
  void probe(net::Loop& loop, net::ReplyHandle handle) const;
  std::optional<Refusal> judge(const Greeting& greeting);
  Welcome hand_out_token(const Greeting& greeting, StreamKind kind);
  void forget_callers();
  std::optional<Refusal> spend_token(const Greeting& greeting, StreamKind kind, std::string_view token);
  void closed(InStream& stream);
  net::Reply reply_with(int status, std::string text) const;
  void answer(net::Loop& loop, net::ReplyHandle handle, int status, std::string text) const;
  bool is_news(MemberId from, const std::string& refusal);

  Links& links_;
  const Clock& clock_;
  net::Handler& fallback_;
  PortCounters counters_;
  std::optional<SnapshotReceiver> snapshots_;
  std::mutex mutex_;
  SystemRandom random_;                            // guarded by mutex_
  std::map<MemberId, Caller> callers_;             // guarded by mutex_: members and a few strangers
  std::set<std::shared_ptr<InStream>> open_;       // guarded by mutex_
  std::map<MemberId, std::string> last_refusals_;  // guarded by mutex_: logged, so that each is logged once
};

}  // namespace viaduct::peer
