#include "server/data_directory_modes.h"

#include <filesystem>
#include <system_error>

#include "server/data_directory_foreign.h"

namespace viaduct::server {
namespace {

namespace fs = std::filesystem;
constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;

std::string octal(fs::perms mode) {
  std::string text = "0000";
  auto bits = static_cast<unsigned>(mode);
  for (size_t i = 4; i-- > 0; bits >>= 3) text[i] = static_cast<char>('0' + (bits & 7));
  return text;
}

Result<void> refuse_if_open(const fs::path& path, fs::file_status status) {
  if (fs::is_symlink(status) || (status.permissions() & kOthers) == fs::perms::none) return {};
  return Error{Code::kInvalidArgument, path.string() + " has mode " + octal(status.permissions()) +
                                           ": open to other users; make it " +
                                           (fs::is_directory(status) ? "0700" : "0600")};
}

Result<void> check_tree(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::symlink_status(path, problem);
  if (status.type() == fs::file_type::not_found) return {};
  if (problem) return Error{Code::kIo, path.string() + ": " + problem.message()};
  VIADUCT_TRY(refuse_if_open(path, status));
  if (!fs::is_directory(status)) return {};
  fs::directory_iterator entry(path, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem))
    VIADUCT_TRY(check_tree(entry->path()));
  if (problem) return Error{Code::kIo, path.string() + ": " + problem.message()};
  return {};
}

Result<std::optional<std::string>> check_top(const std::string& directory) {
  std::error_code problem;
  const fs::file_status status = fs::status(directory, problem);
  if (status.type() == fs::file_type::not_found) return std::optional<std::string>();
  if (problem) return Error{Code::kIo, directory + ": " + problem.message()};
  if ((status.permissions() & kOthers) == fs::perms::none) return std::optional<std::string>();
  return std::optional<std::string>("directory " + directory + " has mode " + octal(status.permissions()) +
                                    ": open to other users; 0700 is recommended");
}

}  // namespace

Result<std::optional<std::string>> check_modes(const std::string& data_dir) {
  for (const std::string_view name : kOurNames) VIADUCT_TRY(check_tree(fs::path(data_dir) / name));
  return check_top(data_dir);
}

Result<std::optional<std::string>> check_modes_of_all(const std::string& directory) {
  std::error_code problem;
  fs::directory_iterator entry(directory, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem))
    VIADUCT_TRY(check_tree(entry->path()));
  return check_top(directory);
}

}  // namespace viaduct::server
