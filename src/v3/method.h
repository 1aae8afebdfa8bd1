// What the v3 API offers: each method with its gRPC path, its gateway routes and its code. The gRPC front and the JSON
// gateway look up here; services register here.
// Threads: filled before the loops start, then read by all of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "v3/call.h"

namespace viaduct::v3 {

struct Method {
  enum class Kind { kUnary, kServerStream, kBidirectional };

  std::string path;                 // "/etcdserverpb.KV/Range"
  std::vector<std::string> routes;  // of the gateway, behind its prefix: "/kv/range"
  Kind kind = Kind::kUnary;
  size_t number = 0;                 // its place in Methods::all()
  const Message* request = nullptr;  // prototype
  const Message* response = nullptr;

  // kUnary. The request may be taken apart.
  std::function<void(std::unique_ptr<Call>, Message& request)> invoke;
  // The others. The call outlives the Inbound. A server stream gets exactly one on_message(), then on_half_close().
  std::function<std::unique_ptr<Inbound>(Call&)> open;
};

class Methods {
 public:
  template <typename Request, typename Response>
  void add_unary(std::string path, std::vector<std::string> routes,
                 std::function<void(std::unique_ptr<Call>, Request&)> invoke) {
    Method method = describe<Request, Response>(Method::Kind::kUnary, std::move(path), std::move(routes));
    method.invoke = [invoke = std::move(invoke)](std::unique_ptr<Call> call, Message& request) {
      invoke(std::move(call), static_cast<Request&>(request));
    };
    add(std::move(method));
  }
  template <typename Request, typename Response>
  void add_stream(Method::Kind kind, std::string path, std::vector<std::string> routes,
                  std::function<std::unique_ptr<Inbound>(Call&)> open) {
    Method method = describe<Request, Response>(kind, std::move(path), std::move(routes));
    method.open = std::move(open);
    add(std::move(method));
  }

  const Method* find(std::string_view path) const;  // null: no such method
  bool has_service(std::string_view name) const;    // "etcdserverpb.KV"
  const std::vector<std::unique_ptr<Method>>& all() const { return methods_; }

 private:
  template <typename Request, typename Response>
  static Method describe(Method::Kind kind, std::string path, std::vector<std::string> routes) {
    Method method;
    method.path = std::move(path);
    method.routes = std::move(routes);
    method.kind = kind;
    method.request = &Request::default_instance();
    method.response = &Response::default_instance();
    return method;
  }
  void add(Method method);

  std::vector<std::unique_ptr<Method>> methods_;
  std::unordered_map<std::string_view, const Method*> by_path_;
};

}  // namespace viaduct::v3
