#include "server/identity.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <utility>

#include "base/bytes.h"

namespace viaduct::server {
namespace {

uint64_t first_bytes_of_sha1(Bytes data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha1(), nullptr);
  assert(done == 1);
  assert(size == 20);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest[i];
  return value;
}

}  // namespace

MemberId derive_member_id(std::vector<std::string> peer_urls, const std::string& token,
                          std::optional<int64_t> added_unix_seconds) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string text;
  for (const std::string& url : peer_urls) text += url;
  text += token;
  if (added_unix_seconds) text += std::to_string(*added_unix_seconds);
  return MemberId(first_bytes_of_sha1(text));
}

MemberId derive_added_member_id(std::vector<std::string> peer_urls, const Clock& clock) {
  constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);
  return derive_member_id(std::move(peer_urls), {}, clock.wall_ns() / kSecond.count());
}

ClusterId derive_cluster_id(std::vector<MemberId> members) {
  std::sort(members.begin(), members.end());
  std::string bytes;
  for (const MemberId member : members) put_be64(bytes, member.value);
  return ClusterId(first_bytes_of_sha1(bytes));
}

}  // namespace viaduct::server
