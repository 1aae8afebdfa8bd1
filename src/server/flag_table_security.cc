#include "server/flag_table_rows.h"

namespace viaduct::server {
namespace {

using enum Kind;
using enum Status;

constexpr auto kSecurity = Section::kSecurity;
constexpr auto kAuth = Section::kAuth;

constexpr Flag kRows[] = {
    {"cert-file", kString, "", kSecurity, kUsed, "2.0",
     "Certificate of the client listeners; changes are seen without a restart."},
    {"key-file", kString, "", kSecurity, kUsed, "2.0", "Key of that certificate."},
    {"client-cert-auth", kBool, "false", kSecurity, kUsed, "2.1", "Ask clients for a certificate."},
    {"trusted-ca-file", kString, "", kSecurity, kUsed, "2.1",
     "Authorities that may sign client certificates; when given, clients must have one."},
    {"client-crl-file", kString, "", kSecurity, kUsed, "3.3",
     "List of client certificates that have been revoked; changes are seen without a restart."},
    {"client-cert-allowed-hostname", kString, "", kSecurity, kUsed, "3.4",
     "Host name that a client certificate must have."},
    {"client-cert-file", kString, "", kSecurity, kNoEffect, "3.5",
     "Certificate for requests to itself. There are none here."},
    {"client-key-file", kString, "", kSecurity, kNoEffect, "3.5", "Key of that certificate."},
    {"auto-tls", kBool, "false", kSecurity, kUsed, "3.0",
     "Use a self-signed certificate of its own making for the client listeners."},
    {"peer-cert-file", kString, "", kSecurity, kUsed, "2.0", "Certificate of the peer listeners."},
    {"peer-key-file", kString, "", kSecurity, kUsed, "2.0", "Key of that certificate."},
    {"peer-client-cert-auth", kBool, "false", kSecurity, kUsed, "2.1", "Ask other members for a certificate."},
    {"peer-trusted-ca-file", kString, "", kSecurity, kUsed, "2.1", "Authorities that may sign members' certificates."},
    {"peer-cert-allowed-cn", kString, "", kSecurity, kUsed, "3.3",
     "Common name that a member's certificate must have."},
    {"peer-cert-allowed-hostname", kString, "", kSecurity, kUsed, "3.4",
     "Host name that a member's certificate must have."},
    {"peer-client-cert-file", kString, "", kSecurity, kUsed, "3.5", "Certificate for connections to other members."},
    {"peer-client-key-file", kString, "", kSecurity, kUsed, "3.5", "Key of that certificate."},
    {"peer-auto-tls", kBool, "false", kSecurity, kUsed, "3.0",
     "The same for the peer listeners; other members are then not verified."},
    {"peer-crl-file", kString, "", kSecurity, kUsed, "3.3", "Members' certificates that have been revoked."},
    {"self-signed-cert-validity",
     kUint,
     "1",
     kSecurity,
     kUsed,
     "3.5",
     "Years for which a certificate made here is valid.",
     {},
     {1, 1000}},
    {"cipher-suites", kList, "", kSecurity, kUsed, "3.2",
     "TLS 1.2 cipher suites by their IANA names, the preferred first; empty: those with AEAD."},
    {"tls-min-version", kString, "TLS1.2", kSecurity, kUsed, "3.4", "Least version of TLS: TLS1.2 or TLS1.3."},
    {"tls-max-version", kString, "", kSecurity, kUsed, "3.4", "Highest version of TLS; empty: the highest there is."},
    {"ca-file", kString, "", kSecurity, kUsed, "2.0", "Earlier way to say --trusted-ca-file and --client-cert-auth."},
    {"peer-ca-file", kString, "", kSecurity, kUsed, "2.0",
     "Earlier way to say --peer-trusted-ca-file and --peer-client-cert-auth."},

    {"auth-token", kString, "simple", kAuth, kLater, "3.2", "Kind of token: simple, or jwt with its options."},
    {"bcrypt-cost", kUint, "10", kAuth, kUsed, "3.4", "Cost of password hashes, 4 to 31."},
    {"auth-token-ttl",
     kUint,
     "300",
     kAuth,
     kUsed,
     "3.3",
     "Seconds for which a simple token lives.",
     {},
     {0, 1'000'000'000}},
};

}  // namespace

std::span<const Flag> security_flags() { return kRows; }

}  // namespace viaduct::server
