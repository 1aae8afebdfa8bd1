// What a server is told at its start; the first byte chooses how: a configuration file, a command line, one flag by
// command line, environment and file, which must agree, or one text for each of the parsers below. A configuration that
// comes about is one that can be told again.
#include <cassert>
#include <cstdint>
#include <string>
#include <vector>

#include "server/config_build.h"
#include "server/config_file.h"
#include "server/config_load.h"
#include "server/environment.h"
#include "server/flags.h"
#include "server/flags_text.h"
#include "test/fuzz/input.h"
#include "test/support/fake_disk.h"

namespace viaduct::server {
namespace {

using Words = std::vector<std::string>;

std::optional<std::string> no_default_host() { return std::nullopt; }

void check_urls(const Urls& urls) {
  for (const Url& url : urls) {
    const auto again = parse_url(url.text);
    assert(again && *again == url);
  }
  if (urls.empty()) return;
  const auto again = parse_urls(join_urls(urls), false);
  assert(again && *again == urls);
}

void check_config(const StartUp& start_up) {
  if (!start_up.config) {
    assert(start_up.exit_status != 0 || !start_up.standard_output.empty());
    return;
  }
  const Config& config = *start_up.config;
  assert(!config.data_dir.empty() && config.io_threads > 0);
  assert(config.heartbeat_interval.count() > 0 && config.election_timeout >= 5 * config.heartbeat_interval);
  assert(!config.listen_client_urls.empty() && !config.listen_peer_urls.empty());
  for (const Urls* urls :
       {&config.listen_peer_urls, &config.listen_client_urls, &config.listen_client_http_urls,
        &config.listen_metrics_urls, &config.initial_advertise_peer_urls, &config.advertise_client_urls}) {
    check_urls(*urls);
  }
  std::string cluster;
  for (const auto& [name, url] : config.initial_cluster)
    cluster += (cluster.empty() ? "" : ",") + name + "=" + url.text;
  if (!cluster.empty()) assert(parse_initial_cluster(cluster).has_value());
  const auto root = parse_v2_root(config.v2_root);
  assert(root && *root == config.v2_root);
}

Words words_of(Bytes text) {
  Words words;
  for (const std::string& word : split(text, '\n')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

void check_file(const std::string& content) {
  FakeDisk disk;
  const bool written = write_file_atomically(disk, "/c.yml", content).has_value();
  assert(written);
  check_config(load_config({"etcd", {"--config-file=/c.yml"}, {}, no_default_host}, disk));
}

void check_words(fuzz::Input& input) {
  FakeDisk disk;
  const bool is_environment = input.below(2) == 1;
  Words words = words_of(input.rest());
  if (is_environment) {
    for (std::string& word : words) word = "ETCD_" + word;
    check_config(load_config({"viaduct", {}, words, no_default_host}, disk));
  } else {
    check_config(load_config({"viaduct", words, {}, no_default_host}, disk));
  }
}

// As a double-quoted YAML scalar; nothing for what YAML has no text for.
std::optional<std::string> yaml_text(Bytes text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') return std::nullopt;  // signed: beyond ASCII as well
    quoted += c;
  }
  return quoted + "\"";
}

void check_one_flag(fuzz::Input& input) {
  const auto table = flag_table();
  const Flag& flag = table[input.byte() % table.size()];
  const std::string name(flag.name), value(input.rest());
  if (flag.status == Status::kAlias || flag.section == Section::kLegacy || value.empty() || name == "config-file")
    return;
  if (value.find('\0') != value.npos) return;  // no argument has it
  FlagValues by_flag, by_environment, by_file;
  const auto parsed = parse_flags({"--" + name + "=" + value}, by_flag);
  const bool set = parsed.has_value();
  const bool set_too = apply_environment({environment_name("VIADUCT", name) + "=" + value}, by_environment).has_value();
  assert(set == set_too);
  if (set) assert(by_flag.text(name) == by_environment.text(name));

  const auto text = yaml_text(value);
  const bool is_text = flag.kind == Kind::kString || flag.kind == Kind::kChoice || flag.kind == Kind::kUrls;
  if (!text || !is_text) return;
  const std::string prefix = name.starts_with("peer-") ? "peer-" : "";
  const std::string content = name + ": " + *text + "\n";
  const bool set_by_file = apply_config_file(content, by_file).has_value();
  assert(set == set_by_file);
  if (set) assert(by_flag.text(name) == by_file.text(name));
}

void check_texts(const std::string& text) {
  if (const auto number = parse_unsigned(text)) assert(*parse_unsigned(std::to_string(*number)) == *number);
  if (const auto number = parse_signed(text)) assert(*parse_signed(std::to_string(*number)) == *number);
  if (const auto time = parse_duration(text)) assert(*parse_duration(std::to_string(time->count()) + "ns") == *time);
  if (const auto yes = parse_bool(text)) assert(*parse_bool(*yes ? "true" : "false") == *yes);
  for (const bool unique : {false, true}) {
    if (const auto urls = parse_urls(text, unique)) check_urls(*urls);
  }
  if (const auto root = parse_v2_root(text)) assert(*parse_v2_root(*root) == *root);
  assert(trim(trim(text)) == trim(text));
}

}  // namespace
}  // namespace viaduct::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace viaduct::server;
  viaduct::fuzz::Input input(data, size);
  switch (input.below(4)) {
    case 0:
      check_file(std::string(input.rest()));
      break;
    case 1:
      check_words(input);
      break;
    case 2:
      check_one_flag(input);
      break;
    default:
      check_texts(std::string(input.rest()));
  }
  return 0;
}
