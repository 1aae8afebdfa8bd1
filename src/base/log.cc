#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <charconv>
#include <cmath>
#include <ctime>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/utf8.h"

namespace viaduct::log {
namespace {

using Logger = std::shared_ptr<spdlog::logger>;

// spdlog only carries finished lines to their outputs; level and form are ours.
Logger make_logger(std::vector<spdlog::sink_ptr> sinks) {
  auto logger = std::make_shared<spdlog::logger>("", sinks.begin(), sinks.end());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);  // a killed process keeps what it logged
  return logger;
}

struct State {
  std::atomic<Level> level{Level::kInfo};
  std::mutex mutex;  // guards the pointer `logger`
  Logger logger = make_logger({std::make_shared<spdlog::sinks::stderr_sink_mt>()});
};

State& state() {
  static State* const forever = new State;  // never destroyed: threads may log while the process ends
  return *forever;
}

Logger current_logger() {
  const std::lock_guard guard(state().mutex);
  return state().logger;
}

spdlog::sink_ptr open_output(const std::string& output) {
  if (output == "stderr") return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (output == "stdout") return std::make_shared<spdlog::sinks::stdout_sink_mt>();
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(output);
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
    case Level::kPanic:
      return "panic";
    case Level::kFatal:
      return "fatal";
  }
  __builtin_unreachable();
}

void append_unicode_escape(std::string& line, unsigned code_point) {
  constexpr char kDigits[] = "0123456789abcdef";
  line += "\\u00";
  line += kDigits[code_point >> 4];
  line += kDigits[code_point & 15];
}

void append_character(std::string& line, std::string_view character) {
  const unsigned first = static_cast<unsigned char>(character[0]);
  if (first == '"' || first == '\\') {
    line += '\\';
    line += character;
  } else if (first == '\n') {
    line += "\\n";
  } else if (first == '\r') {
    line += "\\r";
  } else if (first == '\t') {
    line += "\\t";
  } else if (first < 0x20 || first == 0x7f) {
    append_unicode_escape(line, first);
  } else if (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) {
    append_unicode_escape(line, static_cast<unsigned char>(character[1]));  // C1 controls, which terminals obey as well
  } else {
    line += character;
  }
}

void append_string(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) {
      line += "\\ufffd";
    } else {
      append_character(line, text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  line += '"';
}

template <typename Number>
void append_number(std::string& line, Number value) {
  char digits[32];
  line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_value(std::string& line, std::string_view value) { append_string(line, value); }
void append_value(std::string& line, bool value) { line += value ? "true" : "false"; }
void append_value(std::string& line, int64_t value) { append_number(line, value); }
void append_value(std::string& line, uint64_t value) { append_number(line, value); }
void append_value(std::string& line, double value) {
  if (std::isfinite(value)) return append_number(line, value);
  append_string(line, std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");  // JSON has no such numbers
}

std::string timestamp(int64_t wall_ns) {
  const int64_t wall_ms = wall_ns / 1'000'000;
  const time_t seconds = wall_ms / 1000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string thousands = std::to_string(1000 + wall_ms % 1000);
  return std::string(text, length) + "." + thousands.substr(1) + "Z";
}

}  // namespace

std::string init_log(Level new_level, const std::vector<std::string>& outputs) {
  std::vector<spdlog::sink_ptr> sinks;
  for (const std::string& output : outputs) {
    try {
      sinks.push_back(open_output(output));
    } catch (const spdlog::spdlog_ex& failed) {
      return output + ": " + failed.what();
    }
  }
  set_level(new_level);
  Logger logger = make_logger(std::move(sinks));
  const std::lock_guard guard(state().mutex);
  state().logger = std::move(logger);
  return "";
}

void set_level(Level new_level) { state().level.store(new_level, std::memory_order_relaxed); }
Level level() { return state().level.load(std::memory_order_relaxed); }
void flush() { current_logger()->flush(); }

void write(Level line_level, std::string_view message, Fields fields) {
  if (line_level < level()) return;
  const std::string line = format_line(line_level, SystemClock().wall_ns(), message, fields);
  current_logger()->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(Level line_level, int64_t wall_ns, std::string_view message, Fields fields) {
  std::string line = "{\"level\":";
  append_string(line, name_of(line_level));
  line += ",\"ts\":\"" + timestamp(wall_ns) + "\",\"msg\":";
  append_string(line, message);
  for (const Field& field : fields) {
    line += ',';
    append_string(line, field.name);
    line += ':';
    std::visit([&](const auto& value) { append_value(line, value); }, field.value);
  }
  line += '}';
  return line;
}

}  // namespace viaduct::log
