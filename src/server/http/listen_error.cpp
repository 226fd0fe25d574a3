#include "server/http/listen_error.hpp"

#include <boost/asio/error.hpp>

namespace sotto::server {

namespace asio = boost::asio;

Error listen_error(const std::string& address, std::uint16_t number,
                   const boost::system::error_code& error) {
  const std::string port = std::to_string(number);
  if (error == asio::error::address_in_use)
    return {ErrorCode::already_exists,
            "port " + port + " is in use; stop what uses it or choose another with --port N",
            "port"};
  if (error == asio::error::access_denied)
    return {ErrorCode::permission_denied,
            "port " + port + " needs more rights; choose one from 1024 to 65535 with --port N",
            "port"};
  return {ErrorCode::unavailable,
          "cannot listen on " + address + ":" + port + ": " + error.message(), "address"};
}

}  // namespace sotto::server
