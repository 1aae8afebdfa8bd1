#include "v2/keys.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "net/form.h"
#include "net/media_type.h"
#include "store/lease.h"
#include "store/path.h"
#include "v2/errors.h"
#include "v2/json.h"
#include "viaduct/command.pb.h"

namespace viaduct::v2 {
namespace {

constexpr std::string_view kRoute = "/v2/keys";
constexpr size_t kInOrderNameBytes = 20;

Method method_of(const net::Request& request) {
  switch (request.method()) {
    case net::Method::kHead:
      return Method::kHead;
    case net::Method::kPut:
      return Method::kPut;
    case net::Method::kPost:
      return Method::kPost;
    case net::Method::kDelete:
      return Method::kDelete;
    default:
      return Method::kGet;
  }
}

RequestStats::Kind kind_of(Method method, const KeyParams& params) {
  switch (method) {
    case Method::kGet:
      return params.quorum ? RequestStats::Kind::kQuorumGet : RequestStats::Kind::kGet;
    case Method::kHead:
      return RequestStats::Kind::kHead;
    case Method::kPut:
      return RequestStats::Kind::kPut;
    case Method::kPost:
      return RequestStats::Kind::kPost;
    case Method::kDelete:
      return RequestStats::Kind::kDelete;
  }
  return RequestStats::Kind::kGet;
}

// Into `form` the body's pairs in front of the query's, as etcd's form parser has it (v2-api.md 1.2).
Result<void> read_form(const net::Request& request, Method method, net::Form& form) {
  Result<void> parsed;
  if (method == Method::kPut || method == Method::kPost) {
    if (const std::string_view type = request.find_header("Content-Type"); !type.empty()) {
      VIADUCT_TRY_ASSIGN(media_type, net::parse_media_type(type));
      if (media_type == "application/x-www-form-urlencoded") {
        if (request.body_too_large) return Error{Code::kTooLarge, "http: POST too large"};
        parsed = form.parse(request.body);
      }
    }
  }
  if (!request.raw_query().empty()) {
    const Result<void> query = form.parse(request.raw_query());
    if (parsed) parsed = query;
  }
  return parsed;
}

// Why no key can have this name, or an empty text (bridge.md P2).
std::string_view path_refusal(std::string_view path, Method method, LimitCounts& limits) {
  const bool child = method == Method::kPost;
  const size_t bytes = path.size() + (child ? 1 + kInOrderNameBytes : 0);
  const size_t elements = static_cast<size_t>(std::count(path.begin(), path.end(), '/')) + (child ? 1 : 0);
  if (bytes > store::kMaxPathBytes) {
    LimitCounts::count(limits.path_bytes);
    return "path too long";
  }
  if (elements > store::kMaxPathElements) {
    LimitCounts::count(limits.path_elements);
    return "path too deep";
  }
  return {};
}

// v2-api.md 1.6.
V2Write::Operation operation_of(Method method, const KeyParams& params) {
  const bool compares = params.prev_index > 0 || params.prev_value;
  if (method == Method::kPost) return V2Write::CREATE_IN_ORDER;
  if (method == Method::kDelete) return compares ? V2Write::COMPARE_AND_DELETE : V2Write::DELETE;
  if (params.prev_exist == false) return V2Write::CREATE;
  if (compares) return V2Write::COMPARE_AND_SWAP;
  return params.prev_exist == true ? V2Write::UPDATE : V2Write::SET;
}

Command make_command(std::string path, Method method, KeyParams& params) {
  Command command;
  V2Write& write = *command.mutable_v2_write();
  write.set_operation(operation_of(method, params));
  write.set_path(std::move(path));
  write.set_value(std::move(params.value));
  write.set_dir(params.dir);
  write.set_recursive(params.recursive);
  write.set_refresh(params.refresh);
  if (params.ttl_seconds) write.set_ttl_seconds(std::min(*params.ttl_seconds, store::kMaxTtlSeconds));
  if (params.prev_value) write.set_prev_value(std::move(*params.prev_value));
  write.set_prev_index(params.prev_index);
  return command;
}

store::Numbers current_numbers(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers();
}

bool made_something_new(const store::Event& event) {
  using store::Action;
  return event.record.action == Action::kCreate || (event.record.action == Action::kSet && !event.prev);
}

}  // namespace

// What one request wants, while it waits for a thread, the log, or a reader.
struct Keys::Asked {
  Exchange exchange;
  Method method;
  std::string key;  // without the v2 root; "" is the root
  KeyParams params;
  std::optional<RequestStats::Kind> counted_as;  // once understood; v2-api.md 3.4
  std::chrono::nanoseconds received_at{0};       // a watch has none
};

class Keys::WriteDone final : public v3bridge::Completion {
 public:
  WriteDone(Keys& keys, Asked&& asked) : Completion(*asked.exchange.loop), keys_(keys), asked_(std::move(asked)) {}
  void done(v3bridge::Outcome outcome) override { keys_.answer_written(asked_, outcome); }

 private:
  Keys& keys_;
  Asked asked_;
};

class Keys::QuorumReadDone final : public v3bridge::Completion {
 public:
  QuorumReadDone(Keys& keys, Asked&& asked) : Completion(*asked.exchange.loop), keys_(keys), asked_(std::move(asked)) {}
  void done(v3bridge::Outcome outcome) override {
    if (const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body)) {
      keys_.answer_error(asked_, kRaftInternal, refusal->text, {});
    } else {
      keys_.read(std::move(asked_));
    }
  }

 private:
  Keys& keys_;
  Asked asked_;
};

void Keys::serve(Exchange&& exchange) {
  Asked asked{std::move(exchange), Method::kGet, {}, {}, std::nullopt};
  asked.method = method_of(asked.exchange.request);
  asked.key = asked.exchange.path.substr(kRoute.size());
  if (!asked.key.empty() && asked.key.back() == '/') asked.key.pop_back();
  if (!understand(asked)) return;
  receive(asked);
  if (asked.method == Method::kGet || asked.method == Method::kHead) return get(std::move(asked));
  write(std::move(asked));
}

// False if the request was refused for what it says, and answered.
bool Keys::understand(Asked& asked) {
  net::Form form;
  const auto refuse = [&](int code, std::string_view cause) {
    answer_error(asked, code, cause, {});
    return false;
  };
  if (const Result<void> read = read_form(asked.exchange.request, asked.method, form); !read) {
    if (asked.exchange.request.body_too_large) LimitCounts::count(limits_.body_bytes);
    if (form.size() == net::kMaxFormFields) LimitCounts::count(limits_.form_fields);
    return refuse(kInvalidForm, read.error().message);
  }
  ParamError error;
  if (!parse_params(form, asked.method, asked.params, error)) return refuse(error.code, error.cause);
  const std::string_view refusal = path_refusal(asked.key, asked.method, limits_);
  return refusal.empty() || refuse(kInvalidForm, refusal);
}

void Keys::receive(Asked& asked) {
  asked.counted_as = kind_of(asked.method, asked.params);
  if (asked.params.wait && !asked.params.quorum) return;
  requests_.received(*asked.counted_as);
  asked.received_at = clock_.monotonic();
}

void Keys::get(Asked&& asked) {
  if (asked.method == Method::kHead) return read(std::move(asked));
  if (asked.params.quorum) {
    if (engine_.reads_are_current()) return read(std::move(asked));
    return engine_.read_barrier(std::make_unique<QuorumReadDone>(*this, std::move(asked)));
  }
  if (asked.params.wait) return watch(std::move(asked));
  read(std::move(asked));
}

void Keys::read(Asked&& asked) {
  auto answer = v3bridge::read_fast(engine_.store(), {asked.key, asked.params.recursive}, engine_.cluster_now_ms());
  if (const auto* listing = std::get_if<v3bridge::Listing>(&answer)) return answer_listing(asked, *listing);
  if (const auto* missing = std::get_if<v3bridge::NotThere>(&answer)) return answer_missing(asked, *missing);
  read_slow(std::move(asked));
}

void Keys::read_slow(Asked&& asked) {
  engine_.readers().post_function([this, waiting = std::make_shared<Asked>(std::move(asked))] {
    auto answer =
        v3bridge::read_slow(engine_.store(), {waiting->key, waiting->params.recursive}, engine_.cluster_now_ms());
    waiting->exchange.loop->post_function([this, waiting, read = std::move(answer)] {
      if (const auto* listing = std::get_if<v3bridge::Listing>(&read)) return answer_listing(*waiting, *listing);
      answer_missing(*waiting, std::get<v3bridge::NotThere>(read));
    });
  });
}

void Keys::watch(Asked&& asked) {
  const store::Numbers numbers = current_numbers(engine_.store());
  const uint64_t wait_index = asked.params.wait_index;
  if (wait_index > 0 && wait_index <= numbers.compacted_seq.value) {
    const std::string cause = "the requested history has been cleared [" + to_string(numbers.compacted_seq.next()) +
                              '/' + std::to_string(wait_index) + ']';
    return answer_error(asked, kEventIndexCleared, cause, {numbers.seq, numbers.revision});
  }
  if (!watches_.has_room()) {
    LimitCounts::count(limits_.watchers);
    return answer_error(asked, kRaftInternal, "etcdserver: too many requests", {});
  }
  Exchange& exchange = asked.exchange;
  exchange.headers.add("Content-Type", "application/json");
  add_raft_headers(exchange, {numbers.seq, numbers.revision});
  exchange.loop->start_stream(exchange.handle, {200, std::move(exchange.headers)});
  watches_.add(*exchange.loop, exchange.handle, {engine_.v2_root() + asked.key, asked.params.recursive},
               wait_index > 0 ? Seq(wait_index) : numbers.seq.next(), asked.params.stream);
}

void Keys::write(Asked&& asked) {
  Command command = make_command(asked.key, asked.method, asked.params);
  engine_.propose(std::move(command), std::make_unique<WriteDone>(*this, std::move(asked)));
}

void Keys::answer_listing(Asked& asked, const v3bridge::Listing& listing) {
  stats_.count_get(asked.params.recursive, true);
  requests_.succeeded(*asked.counted_as, clock_.monotonic() - asked.received_at);
  asked.exchange.headers.add("Content-Type", "application/json");
  add_raft_headers(asked.exchange, {listing.index, listing.revision});
  asked.exchange.reply(200, listing_json(listing));
}

void Keys::answer_missing(Asked& asked, const v3bridge::NotThere& missing) {
  stats_.count_get(asked.params.recursive, false);
  answer_error(asked, missing.code, missing.cause, {missing.index, missing.revision});
}

void Keys::answer_written(Asked& asked, const v3bridge::Outcome& outcome) {
  if (const auto* error = std::get_if<v3bridge::V2Error>(&outcome.body)) {
    return answer_error(asked, error->code, error->cause, {error->index, outcome.revision});
  }
  if (const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body)) {
    return answer_error(asked, kRaftInternal, refusal->text, {});
  }
  const store::Event& event = *std::get<v3bridge::V2Done>(outcome.body).event;
  const bool with_nodes = !asked.params.no_value_on_success || asked.method == Method::kDelete;
  requests_.succeeded(*asked.counted_as, clock_.monotonic() - asked.received_at);
  asked.exchange.headers.add("Content-Type", "application/json");
  add_raft_headers(asked.exchange, {event.seq(), event.record.revision});
  asked.exchange.reply(made_something_new(event) ? 201 : 200, event_json(event, engine_.v2_root(), with_nodes));
}

void Keys::answer_error(Asked& asked, int code, std::string_view cause, Moment at) {
  if (asked.counted_as) requests_.failed(*asked.counted_as, http_status(code));
  Exchange& exchange = asked.exchange;
  exchange.headers.add("Content-Type", "application/json");
  add_store_headers(exchange, at);
  exchange.reply(http_status(code), error_body(code, cause, at.index), exchange.request.body_too_large);
}

void Keys::add_store_headers(Exchange& exchange, Moment at) const {
  exchange.headers.add("X-Etcd-Cluster-Id", to_hex(engine_.cluster_id().value));
  exchange.headers.add("X-Etcd-Index", at.index.value);
  exchange.headers.add("X-Etcd-Revision", at.revision.value);
}

void Keys::add_raft_headers(Exchange& exchange, Moment at) const {
  const v3bridge::RaftStatus raft = engine_.raft_status();
  add_store_headers(exchange, at);
  exchange.headers.add("X-Raft-Index", raft.commit.value);
  exchange.headers.add("X-Raft-Term", raft.term.value);
}

}  // namespace viaduct::v2
