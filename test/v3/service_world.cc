#include "test/v3/service_world.h"

#include <future>

namespace viaduct::v3 {

using v3bridge::Outcome;

ServiceWorld::ServiceWorld() { loops_.start(); }

ServiceWorld::~ServiceWorld() { loops_.stop(); }

void ServiceWorld::on_loop(const std::function<void()>& function) {
  std::promise<void> done;
  loop().post_function([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

void ServiceWorld::settle() {
  static constexpr int kPostedByPosted = 10;  // deep, at most
  for (int i = 0; i < kPostedByPosted; ++i) on_loop([] {});
}

std::shared_ptr<Said> ServiceWorld::call(const std::string& path, Message& request) {
  std::shared_ptr<Said> said;
  on_loop([&] { said = invoke(methods, path, request, &loop()); });
  settle();
  return said;
}

Outcome ServiceWorld::apply(const Command& command) {
  Outcome outcome;
  on_loop([&] { outcome = engine.apply(command); });
  settle();
  return outcome;
}

void ServiceWorld::leave(const std::shared_ptr<Said>& said) {
  on_loop([&] { said->leave(); });
  settle();
}

std::vector<std::string> ServiceWorld::keys() {
  std::vector<std::string> lines;
  on_loop([&] {
    auto snapshot = engine.store().snapshot(Revision());
    REQUIRE(snapshot);
    for (const store::NodeView& key : (*snapshot)->slice(store::Family::kKey, "", "", store::Store::kSliceNodes)) {
      lines.push_back(key.key + "=" + std::string(key.value.view()) + " lease " +
                      std::to_string(static_cast<int64_t>(key.lease.value)) + " from " +
                      to_string(key.create_revision));
    }
  });
  return lines;
}

int64_t ServiceWorld::revision() { return static_cast<int64_t>(current_numbers(engine.store()).revision.value); }

}  // namespace viaduct::v3
