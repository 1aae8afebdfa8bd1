// What a certificate says about who shows it, taken out of OpenSSL.
#pragma once

#include <string>
#include <vector>

struct asn1_string_st;
struct stack_st_X509;
struct x509_st;

namespace viaduct::net {

struct TlsIdentity {
  std::string common_name;  // the last one of the subject; may be empty
  std::vector<std::string> ip_addresses;
  std::vector<std::string> dns_names;
  std::vector<std::string> serials;  // in hexadecimal, of every certificate shown, the leaf's first
};

// `shown` may be null, or hold the leaf as well.
TlsIdentity identity_of(const x509_st& leaf, const stack_st_X509* shown);

// As etcd logs it: two digits for each byte, lower case, "" for zero.
std::string serial_hex(const asn1_string_st& serial);

// RFC 6125, by the subject alternative names alone: `name` is a host name or an IP address.
bool is_valid_for(const x509_st& leaf, const std::string& name);

// "x509: certificate is valid for a, b, not c".
std::string not_valid_for(const TlsIdentity& identity, const std::string& name);

}  // namespace viaduct::net
