#include "server/srv_lookup.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <utility>

namespace viaduct::server {
namespace {

constexpr size_t kMostAnswerBytes = 65'535;

// A message of the DNS from front to back (RFC 1035, 4.1). Once something is missing, ok() is false for good.
class Message {
 public:
  explicit Message(std::string_view bytes)
      : begin_(reinterpret_cast<const unsigned char*>(bytes.data())), at_(begin_), end_(begin_ + bytes.size()) {}

  bool ok() const { return ok_; }
  uint16_t number() {
    if (!has(2)) return 0;
    at_ += 2;
    return static_cast<uint16_t>(at_[-2] << 8 | at_[-1]);
  }
  std::string name() {  // which may go on elsewhere in the message
    std::array<char, NS_MAXDNAME> text{};
    const int size = ok_ ? dn_expand(begin_, end_, at_, text.data(), text.size()) : -1;
    skip(size);
    return text.data();
  }
  void skip(int count) {
    if (has(count)) at_ += count;
  }

 private:
  bool has(int count) {
    ok_ = ok_ && count >= 0 && count <= end_ - at_;
    return ok_;
  }

  const unsigned char* const begin_;
  const unsigned char* at_;
  const unsigned char* const end_;
  bool ok_ = true;
};

std::string reason_of(int resolver_error) {
  return resolver_error == HOST_NOT_FOUND || resolver_error == NO_DATA ? "no such host" : hstrerror(resolver_error);
}

}  // namespace

Result<std::vector<SrvRecord>> parse_srv_answer(std::string_view bytes) {
  Message message(bytes);
  message.skip(4);  // id and flags
  const uint16_t questions = message.number();
  const uint16_t answers = message.number();
  message.skip(4);
  for (int i = 0; i < questions && message.ok(); ++i) {
    message.name();
    message.skip(4);  // type and class
  }
  std::vector<SrvRecord> records;
  for (int i = 0; i < answers && message.ok(); ++i) {
    message.name();
    const uint16_t type = message.number();
    message.skip(6);  // class and TTL
    const uint16_t size = message.number();
    if (type != ns_t_srv) {  // a CNAME on the way
      message.skip(size);
      continue;
    }
    SrvRecord record;
    record.priority = message.number();
    record.weight = message.number();
    record.port = message.number();
    record.target = message.name();
    records.push_back(std::move(record));
  }
  if (!message.ok()) return Error{Code::kInvalidArgument, "malformed answer of the name server"};
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
  return records;
}

Result<std::vector<SrvRecord>> look_up_service(const std::string& name) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return Error{Code::kUnavailable, "lookup " + name + ": no resolver"};
  std::string answer(kMostAnswerBytes, '\0');
  const int size = res_nquery(&state, name.c_str(), ns_c_in, ns_t_srv, reinterpret_cast<unsigned char*>(answer.data()),
                              static_cast<int>(answer.size()));
  const int resolver_error = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) return Error{Code::kUnavailable, "lookup " + name + ": " + reason_of(resolver_error)};
  auto records = parse_srv_answer(std::string_view(answer).substr(0, static_cast<size_t>(size)));
  if (!records) return Error{Code::kUnavailable, "lookup " + name + ": " + records.error().message};
  if (records->empty()) return Error{Code::kUnavailable, "lookup " + name + ": no such host"};
  return records;
}

}  // namespace viaduct::server
