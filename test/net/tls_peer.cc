#include "test/net/tls_peer.h"

#include <utility>

#include "net/tls_client.h"
#include "net/tls_openssl.h"
#include "net/tls_transport.h"

namespace viaduct::net {

struct TlsPeer::State {
  SslContextHandle context;
  SslHandle ssl;
  BIO* from_server = nullptr;  // both are the SSL's
  BIO* to_server = nullptr;
};

TlsPeer::TlsPeer(const std::string& address, const TlsPeerOptions& options)
    : socket_(address), fragment_bytes_(options.fragment_bytes), state_(std::make_unique<State>()) {
  state_->context.reset(SSL_CTX_new(TLS_client_method()));
  const Result<void> prepared = prepare_tls_client(*state_->context, options.settings, options.server_name);
  REQUIRE_MESSAGE(prepared, (prepared ? "" : prepared.error().message));
  state_->ssl.reset(SSL_new(state_->context.get()));
  state_->from_server = BIO_new(BIO_s_mem());
  state_->to_server = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(state_->from_server, -1);
  SSL_set_bio(state_->ssl.get(), state_->from_server, state_->to_server);
  std::string alpn;
  for (const std::string& protocol : options.protocols) alpn += static_cast<char>(protocol.size()) + protocol;
  const auto* list = reinterpret_cast<const unsigned char*>(alpn.data());
  if (!alpn.empty()) SSL_set_alpn_protos(state_->ssl.get(), list, static_cast<unsigned>(alpn.size()));
  SSL_set_tlsext_host_name(state_->ssl.get(), options.server_name.c_str());
  SSL_set_connect_state(state_->ssl.get());
}

TlsPeer::~TlsPeer() = default;

std::string TlsPeer::take_first_flight() {
  ERR_clear_error();
  SSL_do_handshake(state_->ssl.get());
  std::string bytes(static_cast<size_t>(BIO_pending(state_->to_server)), '\0');
  BIO_read(state_->to_server, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void TlsPeer::flush() {
  char bytes[16384];
  for (int got; (got = BIO_read(state_->to_server, bytes, sizeof(bytes))) > 0;) {
    std::string_view rest(bytes, static_cast<size_t>(got));
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, fragment_bytes_ == 0 ? rest.size() : fragment_bytes_);
      socket_.send(piece);
      rest.remove_prefix(piece.size());
    }
  }
}

bool TlsPeer::pump() {
  flush();
  const std::string bytes = socket_.read_some();
  if (bytes.empty() || bytes == "(open)") return false;
  BIO_write(state_->from_server, bytes.data(), static_cast<int>(bytes.size()));
  return true;
}

bool TlsPeer::shake_hands() {
  for (;;) {
    ERR_clear_error();
    const int returned = SSL_do_handshake(state_->ssl.get());
    const int why = SSL_get_error(state_->ssl.get(), returned);
    flush();
    if (returned == 1) return true;
    if (why != SSL_ERROR_WANT_READ || !pump()) return false;
  }
}

bool TlsPeer::send(std::string_view bytes) {
  if (SSL_in_init(state_->ssl.get()) && !shake_hands()) return false;
  ERR_clear_error();
  size_t sent = 0;
  while (!bytes.empty()) {
    if (SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &sent) != 1) return false;
    bytes.remove_prefix(sent);
    flush();
  }
  return true;
}

std::string TlsPeer::read_some() {
  char bytes[16384];
  while (read_.empty()) {
    size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(state_->ssl.get(), bytes, sizeof(bytes), &got) == 1) {
      read_.append(bytes, got);
    } else if (SSL_get_error(state_->ssl.get(), 0) != SSL_ERROR_WANT_READ || !pump()) {
      break;
    }
  }
  return std::exchange(read_, {});
}

std::string TlsPeer::read_reply() {
  std::string reply;
  size_t wanted = std::string::npos;
  while (reply.size() < wanted) {
    const std::string more = read_some();
    if (more.empty()) return reply;
    reply += more;
    const size_t end = reply.find("\r\n\r\n");
    const size_t length = reply.find("Content-Length: ");
    if (end != std::string::npos && length < end) wanted = end + 4 + std::stoul(reply.substr(length + 16));
  }
  read_ = reply.substr(wanted);
  return reply.substr(0, wanted);
}

std::string TlsPeer::read_to_end() {
  std::string all;
  for (std::string more = read_some(); !more.empty(); more = read_some()) all += more;
  return all;
}

std::string TlsPeer::get(const std::string& target) {
  if (!send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")) return "(refused)";
  const std::string reply = read_reply();
  const size_t head = reply.find("\r\n\r\n");
  return head == std::string::npos ? "(refused)" : reply.substr(head + 4);
}

std::string TlsPeer::error() const { return tls_client_error(*state_->context); }

std::string TlsPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsPeer::cipher() const { return SSL_CIPHER_standard_name(SSL_get_current_cipher(state_->ssl.get())); }
std::string TlsPeer::version() const { return SSL_get_version(state_->ssl.get()); }

long TlsPeer::server_serial() const {
  return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(state_->ssl.get())));
}

bool TlsPeer::got_ticket() const { return SSL_SESSION_is_resumable(SSL_get0_session(state_->ssl.get())) == 1; }

}  // namespace viaduct::net
