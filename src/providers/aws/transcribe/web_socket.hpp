#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/aws/client/http.hpp"

namespace sotto::providers::aws {

/// A WebSocket to a service over TLS, binary messages. Everything happens on the thread that runs
/// the io_context, the calls too.
class WebSocket {
 public:
  struct Handlers {
    std::function<void()> on_open;
    std::function<void(std::string_view)> on_message;
    std::function<void()> on_sent;  ///< a message has gone out: the next may be given
    // One of these is the last call, unless it was abandoned first.
    /// The service refused to upgrade: its answer, as service_error.hpp reads it.
    std::function<void(const HttpResponse&)> on_refused;
    /// It could not be opened, or ended; `normally` where the service closed it in the protocol's
    /// way, with 1000. Errors: `unavailable` and `deadline_exceeded`.
    std::function<void(Error, bool normally)> on_closed;
  };

  virtual ~WebSocket() = default;

  /// One message at a time.
  virtual void send(std::string message) = 0;

  /// Closes without waiting; no handler is called any more.
  virtual void abandon() = 0;

  struct Place {
    Endpoint endpoint;
    std::vector<boost::asio::ip::address> addresses;  ///< of its host, in the order to try them
    std::string target;                               ///< secret where it is presigned
    std::size_t largest_message = 0;
  };

  /// Begins to open one. `tls` must outlive it; 10 s at most for connection, TLS and upgrade. Peers
  /// that answer no ping within 30 s are lost.
  static std::shared_ptr<WebSocket> open(boost::asio::io_context& io,
                                         boost::asio::ssl::context& tls, Place place,
                                         Handlers handlers);
};

}  // namespace sotto::providers::aws
