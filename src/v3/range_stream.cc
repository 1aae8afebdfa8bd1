#include "v3/range_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3/kv_check.h"
#include "v3bridge/range_pieces.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RangeStreamResponse;
using v3bridge::RangePieces;

// A piece as it comes from the reader.
struct Piece {
  Status status;
  bool last = false;
  std::string encoded;
};

// What reads the pieces, on one reader after another. Shared by the stream and the reader at work.
class PieceReader {
 public:
  PieceReader(v3bridge::Engine& engine, RangeRequest request)
      : engine_(engine), pieces_(engine.store(), std::move(request)) {}

  Piece next() {
    Piece piece;
    if (!begun_) {
      begun_ = true;
      const v3bridge::Read read = pieces_.begin();
      head_ = read.head;
      piece.status = status_of(read.error);
      if (!piece.status.ok()) return piece;
    }
    RangeStreamResponse response;
    RangeResponse& range = *response.mutable_range_response();
    piece.last = !pieces_.next(range);
    if (piece.last) fill_header(engine_, head_, *range.mutable_header());
    piece.encoded = response.SerializeAsString();
    return piece;
  }

 private:
  v3bridge::Engine& engine_;
  RangePieces pieces_;
  bool begun_ = false;
  Revision head_;
};

class RangeStream final : public Inbound {
 public:
  RangeStream(v3bridge::Engine& engine, const ServiceOptions& options, Call& call)
      : engine_(engine), options_(options), call_(call), self_(std::make_shared<RangeStream*>(this)) {}
  ~RangeStream() override { *self_ = nullptr; }

  void on_message(Message& message) override {
    auto& request = static_cast<RangeRequest&>(message);
    if (Status status = check(request, options_.release); !status.ok()) return call_.finish(std::move(status));
    if (shows_token(call_.metadata())) return call_.finish(kInvalidAuthToken);
    const bool current = request.serializable() || engine_.reads_are_current();
    reader_ = std::make_shared<PieceReader>(engine_, std::move(request));
    if (current) return read();
    engine_.read_barrier(std::make_unique<Current>(call_.loop(), self_));
  }
  void on_half_close() override {}
  void on_gone() override { *self_ = nullptr; }
  void on_drained() override { read(); }
  void on_shutdown() override { call_.finish(kStopped); }

 private:
  using Self = std::shared_ptr<RangeStream*>;  // what is under way holds on to it; null once the stream has ended

  class Current final : public v3bridge::Completion {
   public:
    Current(Executor& home, Self self) : Completion(home), self_(std::move(self)) {}
    void done(v3bridge::Outcome outcome) override {
      RangeStream* const stream = *self_;
      if (!stream) return;
      Status status = status_of(outcome);
      if (!status.ok()) return stream->call_.finish(std::move(status));
      stream->read();
    }

   private:
    const Self self_;
  };

  void read() {
    engine_.readers().post_function([reader = reader_, &loop = call_.loop(), self = self_] {
      loop.post_function([self, piece = reader->next()]() mutable {
        if (*self) (*self)->take(std::move(piece));
      });
    });
  }

  void take(Piece piece) {
    if (!piece.status.ok()) return call_.finish(std::move(piece.status));
    call_.send_encoded(piece.encoded, RangeStreamResponse::default_instance());
    if (piece.last) return call_.finish({});
    if (call_.backlog() == 0) read();  // else on_drained()
  }

  v3bridge::Engine& engine_;
  const ServiceOptions& options_;
  Call& call_;
  const Self self_;
  std::shared_ptr<PieceReader> reader_;  // a reader at work holds on to it as well
};

}  // namespace

void add_range_stream_method(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options) {
  methods.add_stream<RangeRequest, RangeStreamResponse>(
      Method::Kind::kServerStream, "/etcdserverpb.KV/RangeStream", {},
      [&engine, options](Call& call) { return std::make_unique<RangeStream>(engine, options, call); });
}

}  // namespace viaduct::v3
