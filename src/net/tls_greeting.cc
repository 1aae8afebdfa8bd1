#include "net/tls_greeting.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "net/tls_openssl.h"
#include "net/tls_rules.h"
#include "net/tls_words.h"

namespace viaduct::net {
namespace {

constexpr char kHandshakeRecord = 0x16;  // RFC 8446, 5.1: how every TLS connection begins, and no HTTP one

std::string in_brackets(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? " " : "") + name;
  return text + "]";
}

Protocol agreed_protocol(const SSL& ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(&ssl, &name, &size);
  if (size == 0) return Protocol::kUndecided;
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2" ? Protocol::kHttp2 : Protocol::kHttp1;
}

}  // namespace

bool TlsVisitor::is_revoked_now() const {
  const auto list = context->revocations();
  if (!list || !*list) return false;  // a list that cannot be read keeps newcomers out, and throws nobody out
  TlsIdentity identity;
  identity.serials = serials;
  return find_revoked(identity, **list).has_value();
}

TlsGreeting::TlsGreeting(std::shared_ptr<TlsDoor> door, int descriptor, const PeerAddress& peer,
                         const Surroundings& surroundings, std::function<void()> wake)
    : door_(std::move(door)),
      descriptor_(descriptor),
      peer_(peer),
      surroundings_(surroundings),
      wake_(std::move(wake)),
      stage_(door_->also_plain ? Stage::kFirstByte : Stage::kHandshake),
      deadline_(surroundings_.now +
                (door_->also_plain ? surroundings_.limits.idle_time : surroundings_.limits.handshake_time)) {}

TlsGreeting::~TlsGreeting() {
  if (lookup_) lookup_->abandon();
}

TlsGreeting::Step TlsGreeting::advance() {
  switch (stage_) {
    case Stage::kFirstByte:
      return look_at_first_byte();
    case Stage::kHandshake:
      return ssl_ ? shake_hands() : start_handshake();
    case Stage::kNameLookup:
      return await_names();
  }
  return Step::kGone;
}

TlsGreeting::Step TlsGreeting::look_at_first_byte() {
  char first = 0;
  const ssize_t got = recv(descriptor_, &first, 1, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Step::kWantsRead;
  if (got <= 0) return Step::kGone;
  if (first == kHandshakeRecord) return start_handshake();
  result_.transport = std::make_unique<PlainTransport>(descriptor_);
  return Step::kDone;
}

TlsGreeting::Step TlsGreeting::start_handshake() {
  stage_ = Stage::kHandshake;
  deadline_ = surroundings_.now + surroundings_.limits.handshake_time;
  ticket_ = door_->handshakes.admit(peer_).ticket;
  if (!ticket_) {
    surroundings_.counters.handshake_limit.add();
    return Step::kGone;
  }
  ssl_ = door_->context->new_connection(visit_);
  attach_descriptor(*ssl_, descriptor_);
  SSL_set_accept_state(ssl_.get());
  return shake_hands();
}

TlsGreeting::Step TlsGreeting::shake_hands() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) return let_in_by_address();
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Step::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::kWantsWrite;
    default:
      break;
  }
  const std::string noted = take_tls_error();
  if (!visit_.refusal.empty()) return refuse(visit_.refusal);
  return refuse(noted.empty() ? "EOF" : noted);
}

TlsGreeting::Step TlsGreeting::let_in_by_address() {
  if (door_->context->settings().skip_san_check || !visit_.identity || !peer_.is_known()) return let_in();
  const std::optional<std::string> refusal = address_refusal(*visit_.identity, peer_.host());
  if (refusal) return refusal->empty() ? let_in() : refuse(*refusal);
  lookup_ = NameLookup::start(*visit_.identity, peer_.host(), system_name_service(), wake_);
  if (!lookup_) return refuse("too many certificates wait for the name service");
  stage_ = Stage::kNameLookup;
  return Step::kWaits;
}

TlsGreeting::Step TlsGreeting::await_names() {
  const std::optional<std::string> refusal = lookup_->refusal();
  if (!refusal) return Step::kWaits;
  return refusal->empty() ? let_in() : refuse(*refusal);
}

TlsGreeting::Step TlsGreeting::let_in() {
  surroundings_.counters.handshakes.add();
  result_.scheme = Scheme::kHttps;
  result_.protocol = agreed_protocol(*ssl_);
  if (visit_.identity) {
    result_.visitor = std::make_shared<const TlsVisitor>(
        TlsVisitor{std::move(visit_.identity->common_name), std::move(visit_.identity->serials), door_->context});
  }
  result_.transport = std::make_unique<TlsTransport>(std::move(ssl_), descriptor_);
  return Step::kDone;
}

TlsGreeting::Step TlsGreeting::refuse(const std::string& reason) {
  surroundings_.counters.handshake_failures.add();
  log_refusal(reason);
  ssl_.reset();
  return Step::kRefused;
}

void TlsGreeting::expire() {
  if (stage_ == Stage::kFirstByte) return surroundings_.counters.idle_timeouts.add();
  surroundings_.counters.handshake_timeouts.add();
  log_refusal("tls: handshake timed out");
}

void TlsGreeting::log_refusal(const std::string& reason) const {
  const std::optional<uint64_t> left_out = door_->refusal_lines.take(surroundings_.now);
  if (!left_out) return;
  if (*left_out > 0) log::warn("rejected connections that were not logged", {{"count", *left_out}});
  const std::string remote = peer_.to_string();
  const char* const name = ssl_ ? SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
  const char* const asked = name ? name : "";
  if (!visit_.identity) {
    return log::warn("rejected connection", {{"remote-addr", remote}, {"server-name", asked}, {"error", reason}});
  }
  log::warn("rejected connection", {{"remote-addr", remote},
                                    {"server-name", asked},
                                    {"ip-addresses", in_brackets(visit_.identity->ip_addresses)},
                                    {"dns-names", in_brackets(visit_.identity->dns_names)},
                                    {"error", reason}});
}

}  // namespace viaduct::net
