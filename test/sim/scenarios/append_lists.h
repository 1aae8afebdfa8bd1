// Lists that grow by one element at a time, by compare-and-swap of either API on the same keys: prevIndex, prevExist,
// mod and create revision. No acknowledged element is lost, none is there twice, and who came later stands further
// back; whatever anybody reads is the beginning of what there is at the end.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class AppendLists final : public KvScenario {
 public:
  explicit AppendLists(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return KvScenario::calls() + v2_reads_.size() + elements_.size(); }

  struct Element {
    cluster_test::Operation operation;  // of one key; the value is the element
  };
  struct V2Read {
    cluster_test::Operation operation;
    std::string list;
    uint64_t modified = 0;
  };

 private:
  class Client;
  class V2Half;
  void note(Element element);
  void note(V2Read read);

  std::mutex mutex_;  // of what follows, while the clients are at work
  std::vector<Element> elements_;
  std::vector<V2Read> v2_reads_;
};

void check_lists(const std::vector<AppendLists::Element>& elements, const std::vector<AppendLists::V2Read>& reads,
                 const Past& past, cluster_test::Violations& violations);

}  // namespace viaduct::sim
