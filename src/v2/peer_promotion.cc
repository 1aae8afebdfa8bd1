#include "v2/peer_promotion.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "v2/peer_members.h"
#include "viaduct/command.pb.h"

namespace viaduct::v2 {
namespace {

std::string_view id_text(const Exchange& exchange) {
  std::string_view rest(exchange.path);
  rest.remove_prefix(std::min(rest.size(), std::string_view(kPromotionRoute).size() + 1));
  return rest;
}

std::optional<uint64_t> parse_decimal(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

class PeerPromotion::Promoted final : public v3bridge::Completion {
 public:
  Promoted(const v3bridge::Engine& engine, Exchange&& exchange, uint64_t id)
      : Completion(*exchange.loop), engine_(engine), exchange_(std::move(exchange)), id_(to_hex(id)) {}

  void done(v3bridge::Outcome outcome) override {
    if (const auto* refusal = std::get_if<v3bridge::Refusal>(&outcome.body)) {
      if (refusal->kind != v3bridge::Refusal::Kind::kLearnerNotReady) return fail(refusal->text);
      return exchange_.reply_text_error(412, refusal->text);
    }
    using v3bridge::V3Error;
    switch (std::get<v3bridge::V3Result>(outcome.body).error) {
      case V3Error::kNone:
        return exchange_.reply_json(200, peer_members_json(engine_));
      case V3Error::kMemberNotFound:
        return exchange_.reply_text_error(404, "membership: ID not found");
      case V3Error::kMemberNotLearner:
        return exchange_.reply_text_error(412, "membership: can only promote a learner member");
      default:
        return fail("membership: ID removed");
    }
  }

 private:
  void fail(std::string_view why) {
    log::error("error promoting member " + id_, {{"reason", why}});
    exchange_.reply_message(500, "Internal Server Error");
  }

  const v3bridge::Engine& engine_;
  Exchange exchange_;
  const std::string id_;
};

void PeerPromotion::serve(Exchange&& exchange) {
  exchange.headers.add("X-Etcd-Cluster-Id", to_hex(engine_.cluster_id().value));
  const std::string_view text = id_text(exchange);
  const std::optional<uint64_t> id = parse_decimal(text);
  if (!id) return exchange.reply_text_error(404, "member " + std::string(text) + " not found in cluster");
  Command command;
  command.mutable_member_promote()->set_id(*id);
  engine_.propose(std::move(command), std::make_unique<Promoted>(engine_, std::move(exchange), *id));
}

}  // namespace viaduct::v2
