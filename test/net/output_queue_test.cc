#include "net/output_queue.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct;
using namespace viaduct::net;

namespace {

std::string content(const OutputQueue& queue) {
  iovec pieces[16];
  std::string bytes;
  for (size_t i = 0, count = queue.gather(pieces); i < count; ++i) {
    bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return bytes;
}

const std::string kLarge(5000, 'l');

// Small, large, shared, small: four pieces at most.
OutputQueue mixed() {
  OutputQueue queue;
  queue.append("small");
  queue.append_body(Body(kLarge));
  queue.append_body(Body(Blob(kLarge)));
  queue.append("end");
  return queue;
}

}  // namespace

TEST_CASE("small pieces are gathered into one, large ones stand alone") {
  OutputQueue queue;
  queue.append("a");
  queue.append("");
  queue.append_body(Body(std::string("b")));
  queue.append_body(Body(Blob("c")));
  iovec pieces[16];
  CHECK(queue.gather(pieces) == 1);
  CHECK(content(queue) == "abc");
  CHECK(mixed().gather(pieces) == 4);
  CHECK(mixed().gather(std::span(pieces, 2)) == 2);
}

TEST_CASE("what was written is dropped from the front, wherever that is") {
  const std::string all = content(mixed());
  CHECK(all == "small" + kLarge + kLarge + "end");
  for (size_t first = 0; first <= all.size(); first += 499) {
    for (const size_t then : {size_t{0}, size_t{1}, (all.size() - first) / 2, all.size() - first}) {
      OutputQueue queue = mixed();
      queue.drop(first);
      if (then > all.size() - first) continue;
      queue.drop(then);
      CHECK(content(queue) == all.substr(first + then));
      CHECK(queue.bytes() == all.size() - first - then);
      CHECK(queue.empty() == (first + then == all.size()));
    }
  }
}

TEST_CASE("shared bytes are not counted as our own") {
  OutputQueue queue = mixed();
  CHECK(queue.bytes() == 2 * kLarge.size() + 8);
  CHECK(queue.owned_bytes() == kLarge.size() + 8);
  queue.drop(5 + kLarge.size());
  CHECK(queue.owned_bytes() == 3);
  queue.drop(kLarge.size() + 3);
  CHECK(queue.owned_bytes() == 0);
}

TEST_CASE("one queue goes behind another, without what it had written") {
  OutputQueue first = mixed();
  OutputQueue second = mixed();
  second.drop(2);
  first.splice(std::move(second));
  CHECK(content(first) == content(mixed()) + content(mixed()).substr(2));
  OutputQueue empty;
  empty.splice(std::move(first));
  CHECK(empty.bytes() == 2 * mixed().bytes() - 2);
  CHECK(first.empty());
  empty.splice(OutputQueue());
  CHECK(empty.bytes() == 2 * mixed().bytes() - 2);
}

TEST_CASE("what is moved to another queue stands behind what that has") {
  const std::string all = content(mixed());
  for (size_t first = 0; first <= all.size(); first += 499) {
    for (const size_t then : {size_t{0}, size_t{1}, (all.size() - first) / 2, all.size() - first}) {
      if (then > all.size() - first) continue;
      OutputQueue from = mixed();
      OutputQueue to;
      to.append("head");
      from.move_front(first, to);
      from.move_front(then, to);
      CHECK(content(to) == "head" + all.substr(0, first + then));
      CHECK(to.owned_bytes() == to.bytes());
      CHECK(content(from) == all.substr(first + then));
    }
  }
}
