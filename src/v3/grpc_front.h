// gRPC on the client port: finds the method of a request, reads its messages and answers in gRPC's shapes
// (v3-api.md 6.3).
// Differs from etcd on purpose: requests may be compressed with gzip. Answers never are: a loop serves many clients,
// and none of them should wait while it packs for another.
//
// Threads:   made before the loops start, when all methods are there; handle() on any loop.
// Ownership: borrows dispatch and loops, which outlive it. A unary call belongs to its service, a stream to its loop.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "net/handler.h"
#include "net/loop_group.h"
#include "v3/dispatch.h"
#include "v3/method.h"

namespace viaduct::v3 {

struct GrpcHead;

class GrpcFront final : public net::Handler {
 public:
  // `election_timeout` is how often a stream that came with `hasleader` looks for one.
  GrpcFront(Dispatch& dispatch, net::LoopGroup& loops, std::chrono::nanoseconds election_timeout);
  ~GrpcFront() override;

  // True for a request with gRPC's content type, and for one whose path is that of a method.
  bool owns(const net::Request& request) const;

  net::BodyPlan body_plan(const net::Request& head) const override;
  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;

 private:
  struct LoopPart;

  // Not OK: why nothing came of it. The head may be taken apart when something did.
  Status call(LoopPart& part, const Method& method, GrpcHead& head, Bytes body, net::ReplyHandle handle);
  Status open(LoopPart& part, const Method& method, GrpcHead& head, Bytes body, net::ReplyHandle handle);
  Status no_method(std::string_view path) const;
  LoopPart& part_of(const net::Loop& loop) const;

  Dispatch& dispatch_;
  std::vector<std::unique_ptr<LoopPart>> parts_;
};

}  // namespace viaduct::v3
