#include "options/server_address.hpp"

#include <boost/asio/ip/address.hpp>

#include "files/atomic_file.hpp"
#include "options/state_folder.hpp"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

fs::path address_file(const fs::path& folder) { return folder / "server-address"; }

}  // namespace

void keep_server_address(const std::string& data, const std::string& address, std::uint16_t port,
                         bool tls) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  std::string host = address;
  if (!error && parsed.is_unspecified()) host = parsed.is_v6() ? "::1" : "127.0.0.1";
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  if (const auto folder = state_folder(data))
    (void)files::write_file(address_file(*folder),
                            (tls ? "https://" : "http://") + host + ':' + std::to_string(port) + "\n", 0600);
}

Result<std::string> kept_server_address(const fs::path& folder) {
  auto kept = files::read_file(address_file(folder), 300);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept)
    return fail(ErrorCode::not_found,
                "no server was started with the data folder " + folder.string() +
                    "; name its folder with --data, or its address with --url",
                "data");
  std::string url = **kept;
  while (!url.empty() && (url.back() == '\n' || url.back() == '\r')) url.pop_back();
  return url;
}

}  // namespace sotto::app
