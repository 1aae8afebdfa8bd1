#include "net/listener.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "net/acceptor.h"
#include "net/admission.h"
#include "net/listen_socket.h"
#include "net/loop_core.h"

namespace viaduct::net {

class Listener::State {
 public:
  State(LoopGroup& loops, Handler& handler, const ListenUrl& url, const ListenOptions& options,
        std::vector<ListenSocket> sockets)
      : admission_(options.max_connections, options.max_connections_per_address),
        unix_path_(url.unix_socket ? url.path : std::string()) {
    std::shared_ptr<TlsDoor> door;
    if (url.tls) door = std::make_shared<TlsDoor>(options.tls, options.max_handshakes, url.also_plain);
    for (ListenSocket& socket : sockets) {
      addresses_.push_back(socket.address);
      acceptors_.push_back(
          std::make_shared<Acceptor>(loops, loops.next(), handler, admission_, std::move(socket.descriptor), door));
      acceptors_.back()->start();
    }
  }
  ~State() { stop(); }

  void stop() {
    for (const auto& acceptor : std::exchange(acceptors_, {})) acceptor->stop();
    if (!unix_path_.empty()) unlink(std::exchange(unix_path_, {}).c_str());
  }

  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  Admission admission_;
  std::string unix_path_;
  std::vector<std::string> addresses_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;  // shared with what each waits for on its loop
};

Result<std::unique_ptr<Listener>> Listener::open(LoopGroup& loops, Handler& handler, const ListenUrl& url,
                                                 const ListenOptions& options) {
  if (url.tls && !options.tls) {
    return Error{Code::kInvalidArgument, "cannot listen on TLS for " + url.text.substr(url.text.find("://") + 3) +
                                             ": KeyFile and CertFile are not presented"};
  }
  VIADUCT_TRY_ASSIGN(sockets, open_listen_sockets(url, options.reuse_port, options.backlog, loops.limits()));
  auto state = std::make_unique<State>(loops, handler, url, options, std::move(sockets));
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() = default;
void Listener::stop() { state_->stop(); }
const std::vector<std::string>& Listener::addresses() const { return state_->addresses(); }

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace viaduct::net
