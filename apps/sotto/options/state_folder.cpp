#include "options/state_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "access/tokens.hpp"
#include "files/atomic_file.hpp"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t least_token = 20, longest_token = 1024;

void trim_end(std::string& token) {
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
}

}  // namespace

Result<fs::path> default_state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/')
    return fs::path(state) / "sotto";
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return fs::path(home) / ".local" / "state" / "sotto";
  return fail(ErrorCode::not_found, "HOME is not set; name a data folder with --data FOLDER",
              "data");
}

Result<fs::path> state_folder(const std::string& given) {
  if (!given.empty()) return fs::path(given);
  return default_state_folder();
}

Result<std::string> operator_token(const fs::path& file) {
  const auto known = files::read_file(file, longest_token);
  if (!known) return tl::unexpected(known.error());
  if (*known) {
    std::string token = **known;
    trim_end(token);
    if (token.size() < least_token)
      return fail(ErrorCode::invalid_argument,
                  file.string() + " has fewer than 20 characters; remove it to get a new token",
                  "path");
    return token;
  }
  std::string token = access::make_token(access::secure_random());
  return files::write_file(file, token + "\n", 0600).map([&] { return token; });
}

Result<std::string> operator_token_of_environment() {
  const char* value = std::getenv(operator_token_variable);
  std::string token = value ? value : "";
  trim_end(token);
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 127; });
  if (token.empty() || (visible && token.size() >= least_token && token.size() <= longest_token))
    return token;
  return fail(ErrorCode::invalid_argument,
              std::string(operator_token_variable) + " has " + std::to_string(token.size()) +
                  " characters, must have 20 to 1024, letters, digits and signs only",
              operator_token_variable);
}

std::string process_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(host.data()) + " pid " + std::to_string(::getpid());
}

}  // namespace sotto::app
