#include "test/conformance/v3_churn.h"

#include <random>
#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::conformance {
namespace {

constexpr int kKeys = 12;
constexpr int kHashEvery = 10;

// Threads: one at a time.
class Churn {
 public:
  Churn(int seed, V3Wire& wire, const V3Frame& frame)
      : random_(static_cast<uint32_t>(seed)), wire_(wire), frame_(frame), revision_(frame.revision) {}

  // One random write; what came of it, as text.
  std::string write() {
    switch (below(10)) {
      case 0:
      case 1:
        return ask("KV/DeleteRange", key() + (below(3) == 0 ? " range_end:" + quoted_key() : ""));
      case 2:
      case 3:
        return ask("KV/Txn", transaction());
      case 4:
        return below(3) == 0 ? compact() : ask("KV/Put", key() + " value:\"\"");
      case 5:
        return ask("Lease/LeaseGrant", "TTL:600 ID:" + std::to_string(1 + below(3)));
      case 6:
        return ask("KV/Put", put() + " lease:" + std::to_string(1 + below(3)));
      case 7:
        return below(4) == 0 ? ask("Lease/LeaseRevoke", "ID:" + std::to_string(1 + below(3))) : ask("KV/Put", put());
      default:
        return ask("KV/Put", put());
    }
  }

  std::string hash() {
    return ask("Maintenance/HashKV", "") + "\n" +
           ask("Maintenance/HashKV", "revision:" + std::to_string(revision_ - below(8)));
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }
  std::string quoted_key() { return "\"/k" + std::to_string(10 + below(kKeys)) + "\""; }
  std::string key() { return "key:" + quoted_key(); }
  std::string put() { return key() + " value:\"" + std::to_string(below(1000)) + "\""; }

  std::string transaction() {
    return "compare{" + key() + " target:VERSION result:GREATER version:" + std::to_string(below(3)) +
           "} success{request_put{" + put() + "}} success{request_delete_range{" + key() +
           "}} failure{request_delete_range{" + key() + "}} failure{request_put{" + put() + "}}";
  }

  std::string compact() { return ask("KV/Compact", "physical:true revision:" + std::to_string(revision_ - below(20))); }

  std::string ask(const std::string& name, const std::string& text) {
    const Result<Rpc> rpc = find_rpc(name);
    const auto message = read_message(rpc->request, text);
    const Answer answer = wire_.call(*rpc, **message, {});
    if (!answer.message) return name + " " + text + ": " + describe_status(answer.code, answer.text);
    const auto* header = answer.message->GetDescriptor()->FindFieldByName("header");
    const Message& said = answer.message->GetReflection()->GetMessage(*answer.message, header);
    revision_ = static_cast<const etcdserverpb::ResponseHeader&>(said).revision();
    return name + " " + text + ": " + describe(*answer.message, frame_);
  }

  std::mt19937 random_;
  V3Wire& wire_;
  const V3Frame& frame_;
  int64_t revision_;
};

}  // namespace

void play_churn(const Step& step, V3Wire& wire, const V3Frame& frame, Recorder& recorder) {
  Churn churn(step.seed, wire, frame);
  for (int i = 1; i <= step.count; ++i) {
    recorder.observe("write" + std::to_string(i), churn.write());
    if (i % kHashEvery == 0) recorder.observe("hash" + std::to_string(i), churn.hash());
  }
}

}  // namespace viaduct::conformance
