#include "providers/aws/credentials/profile.hpp"

#include <algorithm>

namespace sotto::providers::aws {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The name of a profile's section; nothing for a section that is none.
std::optional<std::string> profile_name(std::string_view line, bool is_config_file) {
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view name = trimmed(line.substr(1, end - 1));
  if (!is_config_file || name == "default") return std::string(name);
  if (!name.starts_with("profile") || name.size() < 9 || !is_space(name[7])) return std::nullopt;
  name = trimmed(name.substr(8));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
    name = name.substr(1, name.size() - 2);
  return std::string(name);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return result;
}

std::string file_named(const Environment& environment, const std::string& variable,
                       const std::string& at_home) {
  if (auto path = environment.variable(variable)) return *path;
  return environment.variable("HOME").value_or("") + "/.aws/" + at_home;
}

}  // namespace

std::map<std::string, Profile, std::less<>> parse_profiles(std::string_view text,
                                                           bool is_config_file) {
  std::map<std::string, Profile, std::less<>> profiles;
  Profile* current = nullptr;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || is_space(line.front()) || line.front() == '#' || line.front() == ';')
      continue;
    if (line.front() == '[') {
      const auto name = profile_name(line, is_config_file);
      current = name ? &profiles[*name] : nullptr;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!current || equals == std::string_view::npos) continue;
    (*current)[lower(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
  }
  return profiles;
}

Result<std::optional<Profile>> profile_in_force(const Environment& environment) {
  const auto wanted = environment.variable("AWS_PROFILE");
  std::optional<Profile> profile;
  for (const bool is_config_file : {true, false}) {
    const std::string path =
        is_config_file ? file_named(environment, "AWS_CONFIG_FILE", "config")
                       : file_named(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    const auto text = environment.read_file(path);
    if (!text) continue;
    auto profiles = parse_profiles(*text, is_config_file);
    const auto found = profiles.find(wanted.value_or("default"));
    if (found == profiles.end()) continue;
    if (!profile) profile.emplace();
    for (auto& [name, value] : found->second) (*profile)[name] = std::move(value);
  }
  if (wanted && !profile)
    return fail(ErrorCode::not_found,
                "AWS_PROFILE is '" + *wanted + "', but no profile of that name is configured",
                "AWS_PROFILE");
  return profile;
}

std::optional<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (const char c : command) {
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote != '\0' ? '\0' : c;
      if (!in_word) words.emplace_back();
      in_word = true;
    } else if (quote == '\0' && is_space(c)) {
      in_word = false;
    } else {
      if (!in_word) words.emplace_back();
      in_word = true;
      words.back() += c;
    }
  }
  if (quote != '\0') return std::nullopt;
  return words;
}

}  // namespace sotto::providers::aws
