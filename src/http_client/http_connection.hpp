#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <stop_token>

#include "http_client/http.hpp"

namespace sotto::http_client {

/// One connection, for one request after the other. Blocks; one thread at a time.
class HttpConnection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Connects to the first address of the host that answers; where the endpoint has TLS, checks
  /// that the certificate is trusted and for that host. Errors as HttpSender::send(). `tls` must
  /// outlive the connection.
  static Result<std::unique_ptr<HttpConnection>> open(const Endpoint& endpoint,
                                                      boost::asio::ssl::context* tls,
                                                      TimePoint deadline);
  ~HttpConnection();

  /// Sends a request and reads its answer. Errors as HttpSender::send(); after one the connection
  /// is closed.
  Result<HttpResponse> exchange(const Endpoint& endpoint, const HttpRequest& request,
                                std::size_t largest_body, TimePoint deadline);

  /// Sends a request and hands its answer on as it comes: HttpClient::receive(). `quiet` is for
  /// each part of it. The connection is not used again.
  Result<> receive(const Endpoint& endpoint, const HttpRequest& request, HttpSink& sink,
                   milliseconds quiet, TimePoint deadline, const std::stop_token& stop);

  /// May another request go out? No after an error, after an answer that ends the connection, and
  /// where the server has closed or says something by itself.
  bool is_reusable() const;

  /// Did the last exchange fail before a byte of an answer came, by a closed connection?
  bool closed_unanswered() const;

 private:
  class Impl;
  explicit HttpConnection(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::http_client
