#include "providers/aws/credentials/environment.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::size_t largest_file = 1 << 20, largest_output = 64 << 10;

}  // namespace

std::optional<std::string> SystemEnvironment::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (!value || !*value) return std::nullopt;
  return value;
}

Result<std::string> SystemEnvironment::read_file(const std::string& path) const {
  std::ifstream in(path, std::ios::binary);
  std::string text(largest_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) return fail(ErrorCode::not_found, "cannot read " + path);
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest_file)
    return fail(ErrorCode::resource_exhausted, path + " is larger than 1 MiB");
  return text;
}

Result<std::string> SystemEnvironment::run(const std::vector<std::string>& arguments,
                                           milliseconds patience) const {
  const std::string name = arguments.empty() ? "" : arguments.front();
  const auto path = supervision::find_program(name, supervision::search_path());
  if (!path) return fail(ErrorCode::not_found, "there is no program " + name);
  // It is the user's own program, for the network.
  supervision::ChildCommand command{
      .arguments = arguments, .environment = {}, .confinement = std::nullopt};
  command.arguments.front() = *path;
  for (char** variable = environ; *variable; ++variable)
    command.environment.emplace_back(*variable);
  auto child = supervision::ChildProcess::start(command);
  if (!child) return tl::unexpected(child.error());
  child->close_input();
  const supervision::WaitLimit limit{std::chrono::steady_clock::now() + patience, -1, name};
  std::string output;
  do {
    const auto ready = supervision::wait_ready(child->output(), -1, limit);
    if (!ready) return tl::unexpected(ready.error());
    if (output.size() > largest_output)
      return fail(ErrorCode::resource_exhausted, name + " writes more than 64 KiB");
  } while (supervision::read_some(child->output(), output));
  const auto code = supervision::wait_for_end(*child, limit);
  if (!code) return tl::unexpected(code.error());
  if (*code != 0)
    return fail(ErrorCode::unavailable, name + " ended with code " + std::to_string(*code));
  return output;
}

}  // namespace sotto::providers::aws
