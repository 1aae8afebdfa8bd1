// The bytes of requests, made once and sent many times, and the order in which a load sends them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::bench {

// `target` is what follows /v2/keys, query included; `form` is a body of application/x-www-form-urlencoded.
std::string get_request(std::string_view target);
std::string delete_request(std::string_view target);
std::string put_request(std::string_view target, std::string_view form);
std::string post_request(std::string_view target, std::string_view form);

// "value=" and so many random letters and digits: a store that compresses gains nothing.
std::string value_form(size_t bytes);

// The next request to send; empty when there is none left. The view holds until the next call.
using RequestSource = std::function<std::string_view()>;

RequestSource random_of(std::vector<std::string> requests);  // endless, uniform, the same order in every run
RequestSource repeated(std::string request, size_t count);   // `count` times
RequestSource each_of(std::vector<std::string> requests);    // once each, in order
RequestSource generated(size_t count, std::function<std::string(size_t number)> make);  // number = 0 .. count - 1

}  // namespace viaduct::bench
