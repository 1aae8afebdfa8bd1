// A v2 client for tests: one keep-alive connection, answers as parsed JSON.
#pragma once

#include <httplib.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace viaduct::system_test {

struct Answer {
  int status = 0;
  uint64_t index = 0;  // X-Etcd-Index
  rapidjson::Document json;

  const rapidjson::Value& node() const { return json["node"]; }
  uint64_t modified_index() const { return node()["modifiedIndex"].GetUint64(); }
  std::string key() const { return node()["key"].GetString(); }
  std::string value() const { return node()["value"].GetString(); }
};

class V2Client {
 public:
  explicit V2Client(int port) : client_("127.0.0.1", port) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
    client_.set_read_timeout(std::chrono::seconds(30));
  }

  // Nothing when the connection failed: the outcome is then unknown.
  std::optional<Answer> put(const std::string& key, const std::string& form) {
    return parse(client_.Put("/v2/keys" + key, form, "application/x-www-form-urlencoded"));
  }
  std::optional<Answer> post(const std::string& key, const std::string& form) {
    return parse(client_.Post("/v2/keys" + key, form, "application/x-www-form-urlencoded"));
  }
  std::optional<Answer> get(const std::string& key_and_query) { return parse(client_.Get("/v2/keys" + key_and_query)); }
  std::optional<Answer> remove(const std::string& key_and_query) {
    return parse(client_.Delete("/v2/keys" + key_and_query));
  }

  void stop() { client_.stop(); }  // from another thread: ends a call that waits

 private:
  static std::optional<Answer> parse(const httplib::Result& result) {
    if (!result) return std::nullopt;
    Answer answer;
    answer.status = result->status;
    const std::string index = result->get_header_value("X-Etcd-Index");
    if (!index.empty()) answer.index = std::stoull(index);
    answer.json.Parse(result->body.data(), result->body.size());
    if (answer.json.HasParseError()) return std::nullopt;  // cut off
    return answer;
  }

  httplib::Client client_;
};

}  // namespace viaduct::system_test
