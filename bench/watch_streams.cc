#include "bench/watch_streams.h"

#include "bench/failure.h"
#include "bench/grpc_messages.h"

namespace viaduct::bench {

class WatchStreams::Stream final : public CallListener {
 public:
  Stream(WatchStreams& all, int port) : all_(all), connection_(port, *this) { connection_.start_stream(kWatchPath, 0); }

  void create(const std::string& key) { connection_.send(0, watch_message(key)); }
  void flush() { connection_.flush(); }
  void receive() { connection_.receive(); }
  int socket() const { return connection_.socket(); }

  void on_message(uint64_t, std::string_view response) override {
    if (all_.on_event_)
      all_.on_event_(response);
    else
      ++all_.created_;
  }
  void on_end(uint64_t) override { throw Failure("a watch stream ended"); }

 private:
  WatchStreams& all_;
  GrpcConnection connection_;
};

WatchStreams::WatchStreams(int port, size_t connections, size_t watchers,
                           const std::function<std::string(size_t)>& key_of) {
  constexpr int kPatienceMs = 60'000;
  for (size_t i = 0; i < connections; ++i) {
    streams_.push_back(std::make_unique<Stream>(*this, port));
    poller_.add(streams_.back()->socket(), i);
  }
  for (size_t i = 0; i < watchers; ++i) streams_[i % connections]->create(key_of(i));
  for (const auto& stream : streams_) stream->flush();
  while (created_ < watchers) receive(kPatienceMs);
}

WatchStreams::~WatchStreams() = default;

void WatchStreams::receive(int milliseconds) {
  for (const size_t number : poller_.wait(milliseconds)) {
    if (number < streams_.size()) streams_[number]->receive();
  }
}

}  // namespace viaduct::bench
