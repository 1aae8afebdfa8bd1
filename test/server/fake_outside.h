// A world for a member that starts: names that resolve, members and a discovery service that answer as told.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/outside.h"

namespace viaduct::server {

inline peer::HttpReply reply_of(int status, std::string body,
                                std::vector<std::pair<std::string, std::string>> headers = {}) {
  peer::HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return reply;
}

inline peer::HttpReply refused_connection() {
  peer::HttpReply reply;
  reply.failure = {peer::DialFailure::Kind::kRefused, "connection refused"};
  return reply;
}

struct FakeOutside {
  using Answer = std::function<peer::HttpReply(const peer::HttpRequest&)>;

  // By "GET http://host:port/path", without query; whoever is not there refuses the connection.
  std::map<std::string, Answer> answers;
  std::vector<std::string> asked;  // the same, in order, query included
  std::map<std::string, std::vector<SrvRecord>> services;
  std::vector<std::chrono::nanoseconds> pauses;
  std::function<void()> on_pause = [] {};

  void answer(const std::string& request, int status, std::string body,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    answers[request] = [=](const peer::HttpRequest&) { return reply_of(status, body, headers); };
  }

  // A member of ours, of the cluster that `members` tells of.
  void add_member(const std::string& url, const std::string& members, const std::string& version = "3.5.0") {
    answer("GET " + url + "/members", 200, members, {{"X-Etcd-Cluster-Id", "c1"}});
    answer("GET " + url + "/version", 200, R"({"etcdserver":"3.5.21","etcdcluster":")" + version + "\"}",
           {{"Server", "viaduct/0.1.0"}});
  }

  Outside outside() {
    const Ask ask = [this](const std::string& url, const peer::HttpRequest& request) {
      const std::string whole = request.method + " " + url + request.target;
      asked.push_back(whole);
      const auto found = answers.find(whole.substr(0, whole.find('?')));
      return found == answers.end() ? refused_connection() : found->second(request);
    };
    const LookUpService look_up = [this](const std::string& name) -> Result<std::vector<SrvRecord>> {
      const auto found = services.find(name);
      if (found == services.end()) return Error{Code::kUnavailable, "lookup " + name + ": no such host"};
      return found->second;
    };
    return {resolve, ask, ask, look_up, [this](std::chrono::nanoseconds time) {
              pauses.push_back(time);
              on_pause();
            }};
  }

  static Result<std::string> resolve(const std::string& host) {
    if (host.find_first_not_of("0123456789.") == std::string::npos) return host;
    if (host == "one" || host == "uno") return std::string("10.0.0.1");
    if (host == "two") return std::string("10.0.0.2");
    return Error{Code::kUnavailable, "lookup " + host + ": no such host"};
  }
};

}  // namespace viaduct::server
