#include "net/tls_words.h"

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

struct AlertText {
  int description;
  const char* text;
};
constexpr AlertText kAlerts[] = {
    {SSL_AD_CLOSE_NOTIFY, "close notify"},
    {SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {SSL_AD_BAD_RECORD_MAC, "bad record MAC"},
    {SSL_AD_RECORD_OVERFLOW, "record overflow"},
    {SSL_AD_DECOMPRESSION_FAILURE, "decompression failure"},
    {SSL_AD_HANDSHAKE_FAILURE, "handshake failure"},
    {SSL_AD_BAD_CERTIFICATE, "bad certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "unsupported certificate"},
    {SSL_AD_CERTIFICATE_REVOKED, "revoked certificate"},
    {SSL_AD_CERTIFICATE_EXPIRED, "expired certificate"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "unknown certificate"},
    {SSL_AD_ILLEGAL_PARAMETER, "illegal parameter"},
    {SSL_AD_UNKNOWN_CA, "unknown certificate authority"},
    {SSL_AD_ACCESS_DENIED, "access denied"},
    {SSL_AD_DECODE_ERROR, "error decoding message"},
    {SSL_AD_DECRYPT_ERROR, "error decrypting message"},
    {SSL_AD_PROTOCOL_VERSION, "protocol version not supported"},
    {SSL_AD_INSUFFICIENT_SECURITY, "insufficient security level"},
    {SSL_AD_INTERNAL_ERROR, "internal error"},
    {SSL_AD_INAPPROPRIATE_FALLBACK, "inappropriate fallback"},
    {SSL_AD_USER_CANCELLED, "user canceled"},
    {SSL_AD_NO_RENEGOTIATION, "no renegotiation"},
    {SSL_AD_MISSING_EXTENSION, "missing extension"},
    {SSL_AD_UNSUPPORTED_EXTENSION, "unsupported extension"},
    {SSL_AD_UNRECOGNIZED_NAME, "unrecognized name"},
    {SSL_AD_CERTIFICATE_REQUIRED, "certificate required"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "no application protocol"},
};

std::string reason_text(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "tls: client didn't provide a certificate";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "tls: first record does not look like a TLS handshake";
    case SSL_R_NO_SHARED_CIPHER:
      return "tls: no cipher suite supported by both client and server";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "tls: client offered only unsupported versions";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return "tls: client requested unsupported application protocols";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "EOF";
    default:
      break;
  }
  if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
    return "remote error: tls: " + alert_text(reason - SSL_AD_REASON_OFFSET);
  }
  const char* const known = ERR_reason_error_string(error);
  return std::string("tls: ") + (known ? known : "unknown error");
}

}  // namespace

std::string alert_text(int description) {
  for (const AlertText& alert : kAlerts) {
    if (alert.description == description) return alert.text;
  }
  return "alert(" + std::to_string(description) + ")";
}

std::string take_tls_error() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return error == 0 ? std::string() : reason_text(error);
}

}  // namespace viaduct::net
