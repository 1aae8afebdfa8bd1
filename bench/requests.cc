#include "bench/requests.h"

#include <random>

namespace viaduct::bench {
namespace {

std::string without_body(std::string_view method, std::string_view target) {
  return std::string(method) + " /v2/keys" + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

std::string with_body(std::string_view method, std::string_view target, std::string_view form) {
  return std::string(method) + " /v2/keys" + std::string(target) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + std::string(form);
}

}  // namespace

std::string get_request(std::string_view target) { return without_body("GET", target); }
std::string delete_request(std::string_view target) { return without_body("DELETE", target); }
std::string put_request(std::string_view target, std::string_view form) { return with_body("PUT", target, form); }
std::string post_request(std::string_view target, std::string_view form) { return with_body("POST", target, form); }

std::string value_form(size_t bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned kBits = 6;
  static_assert(kLetters.size() == 1 << kBits);
  static std::mt19937_64 random;  // the same values in every run
  std::string form = "value=";
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes; ++i, bits >>= kBits) {
    if (i % (64 / kBits) == 0) bits = random();
    form += kLetters[bits % kLetters.size()];
  }
  return form;
}

RequestSource random_of(std::vector<std::string> requests) {
  return [requests = std::move(requests), random = std::minstd_rand(1)]() mutable -> std::string_view {
    return requests[random() % requests.size()];
  };
}

RequestSource repeated(std::string request, size_t count) {
  return [request = std::move(request), left = count]() mutable -> std::string_view {
    return left == 0 ? std::string_view() : (--left, request);
  };
}

RequestSource each_of(std::vector<std::string> requests) {
  return [requests = std::move(requests), next = size_t{0}]() mutable -> std::string_view {
    return next == requests.size() ? std::string_view() : requests[next++];
  };
}

RequestSource generated(size_t count, std::function<std::string(size_t number)> make) {
  return [=, next = size_t{0}, current = std::string()]() mutable -> std::string_view {
    current = next == count ? std::string() : make(next++);
    return current;
  };
}

}  // namespace viaduct::bench
