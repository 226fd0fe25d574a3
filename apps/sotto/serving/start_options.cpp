#include "serving/start_options.hpp"

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

std::string new_code(const access::RandomBelow& random) {
  return access::make_session_id(random).str() + '-' + access::make_session_id(random).str();
}

// Nobody gets the token back from it (SHA-256).
std::string code_of_token(const std::string& token) {
  return new_code([&token, draw = 0](std::size_t bound) mutable {
    const std::string digest =
        access::token_digest("host code " + std::to_string(draw++) + ' ' + token);
    return static_cast<std::size_t>(std::stoull(digest.substr(0, 15), nullptr, 16) % bound);
  });
}

}  // namespace

bool only_this_machine(const std::string& address, const DoorOptions& door) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return !error && parsed.is_loopback() && door.trusted_proxies.empty() && door.public_url.empty();
}

void add_start_options(CLI::App& command, StartOptions& options) {
  command
      .add_option("--start", options.who,
                  "Who may start a talk: open, everybody; code, who has the host code ('sotto "
                  "session code'); operator (open with a loopback --address and no proxy or "
                  "--public-url, else code)")
      ->check(CLI::IsMember({"open", "code", "operator"}))
      ->envname("SOTTO_START");
}

Result<server::StartRules> start_rules(const StartOptions& options, bool only_here,
                                       const std::string& data) {
  const auto folder = state_folder(data);
  if (!folder) return tl::unexpected(folder.error());
  server::StartRules rules;
  rules.who =
      server::parse_who_may_start(options.who)
          .value_or(only_here ? server::WhoMayStart::everybody : server::WhoMayStart::hosts);
  rules.host_code = [folder = *folder] { return host_code(folder); };
  if (rules.who == server::WhoMayStart::hosts)
    if (const auto code = host_code(*folder); !code) return tl::unexpected(code.error());
  return rules;
}

Result<std::string> host_code(const fs::path& folder) {
  const auto known = files::read_file(code_file(folder), longest_code);
  if (!known) return tl::unexpected(known.error());
  if (!*known) {
    const auto token = operator_token_of_environment();
    if (!token) return tl::unexpected(token.error());
    return token->empty() ? renew_host_code(folder) : code_of_token(*token);
  }
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
  const std::string code = new_code(access::secure_random());
  return files::write_file(code_file(folder), code + "\n", 0600).map([&] { return code; });
}

}  // namespace sotto::app
