#pragma once

#include <cstdint>
#include <string>

namespace sotto::testing {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// Asks a server on this machine, each time over a new connection (Boost.Beast). Throws where there
/// is none.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, std::string bearer = {})
      : port_(port), bearer_(std::move(bearer)) {}

  HttpAnswer ask(const std::string& method, const std::string& target,
                 const std::string& body = {}) const;

 private:
  const std::uint16_t port_;
  const std::string bearer_;
};

}  // namespace sotto::testing
