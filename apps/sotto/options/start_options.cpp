#include "options/start_options.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "access/tokens.hpp"
#include "files/atomic_file.hpp"
#include "options/state_folder.hpp"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t least_code = 12, longest_code = 200;

fs::path code_file(const fs::path& folder) { return folder / "host-code"; }

bool only_this_machine(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return !error && parsed.is_loopback();
}

}  // namespace

void add_start_options(CLI::App& command, StartOptions& options) {
  command
      .add_option("--start", options.who,
                  "Who may start a talk: open, everybody; code, who has the host code ('sotto "
                  "session code'); operator (open with a loopback --address, else code)")
      ->check(CLI::IsMember({"open", "code", "operator"}))
      ->envname("SOTTO_START");
}

Result<server::StartRules> start_rules(const StartOptions& options, const std::string& address,
                                       const std::string& data) {
  const auto folder = state_folder(data);
  if (!folder) return tl::unexpected(folder.error());
  server::StartRules rules;
  rules.who = server::parse_who_may_start(options.who)
                  .value_or(only_this_machine(address) ? server::WhoMayStart::everybody
                                                       : server::WhoMayStart::hosts);
  rules.host_code = [folder = *folder] { return host_code(folder); };
  if (rules.who == server::WhoMayStart::hosts)
    if (const auto code = host_code(*folder); !code) return tl::unexpected(code.error());
  return rules;
}

Result<std::string> host_code(const fs::path& folder) {
  const auto known = files::read_file(code_file(folder), longest_code);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return renew_host_code(folder);
  std::string code = **known;
  std::erase_if(code, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  std::transform(code.begin(), code.end(), code.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (code.size() < least_code)
    return fail(ErrorCode::invalid_argument,
                code_file(folder).string() +
                    " has fewer than 12 characters; 'sotto session code --renew' makes a new code",
                "path");
  return code;
}

Result<std::string> renew_host_code(const fs::path& folder) {
  const auto random = access::secure_random();
  const std::string code =
      access::make_session_id(random).str() + '-' + access::make_session_id(random).str();
  return files::write_file(code_file(folder), code + "\n", 0600).map([&] { return code; });
}

}  // namespace sotto::app
