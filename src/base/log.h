// Structured logging: one JSON object per line with level, ts (RFC 3339, ms, UTC), msg and the fields given, as etcd's
// zap logger writes it. All text is escaped, so that what comes from outside cannot forge a line (IH-3).
// Threads: any. Before init_log() lines go to stderr at level info.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace viaduct::log {

enum class Level { kDebug, kInfo, kWarn, kError, kPanic, kFatal };

struct Field {
  std::string_view name;
  std::variant<std::string_view, int64_t, uint64_t, bool, double> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, int v) : name(n), value(int64_t{v}) {}
  Field(std::string_view n, long v) : name(n), value(int64_t{v}) {}
  Field(std::string_view n, long long v) : name(n), value(int64_t{v}) {}
  Field(std::string_view n, unsigned v) : name(n), value(uint64_t{v}) {}
  Field(std::string_view n, unsigned long v) : name(n), value(uint64_t{v}) {}
  Field(std::string_view n, unsigned long long v) : name(n), value(uint64_t{v}) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
};
using Fields = std::initializer_list<Field>;

// `outputs`: "stderr", "stdout" or file paths, which are appended to. Returns the first output that cannot be opened,
// with the reason, or an empty string.
std::string init_log(Level level, const std::vector<std::string>& outputs);
void set_level(Level level);
Level level();
void flush();

void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
  if (level() <= Level::kDebug) write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) { write(Level::kInfo, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::kWarn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::kError, message, fields); }

// One line as write() would print it, without the line end; for tests.
std::string format_line(Level level, int64_t wall_ns, std::string_view message, Fields fields);

}  // namespace viaduct::log
