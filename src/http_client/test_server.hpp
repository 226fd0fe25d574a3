#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/session_time.hpp"
#include "http_client/http.hpp"

namespace sotto::http_client::testing {

/// What the server does with a request.
struct Reply {
  int status = 200;
  std::string body = {};
  Pairs headers = {};                         ///< Content-Length is added
  milliseconds after{0};                      ///< before the answer
  std::optional<std::size_t> cut_after = {};  ///< closes the connection after so many bytes of it
  bool then_close = false;  ///< closes the connection after the answer, without saying so
  /// No Content-Length is added: `headers` have one, or the end of the connection ends the body.
  bool no_length = false;
  std::optional<std::size_t> hang_after = {};  ///< says no more after so many bytes of it
};

/// A certificate for 127.0.0.1 and localhost that signs itself, and its key, PEM.
struct Certificate {
  std::string certificate, key;
  static Certificate make();
};

/// An HTTP/1.1 server on this machine, a thread a connection. Every request goes to the handler,
/// one at a time.
class TestServer {
 public:
  using Handler = std::function<Reply(const HttpRequest&)>;

  explicit TestServer(Handler handler, const Certificate* tls = nullptr);
  ~TestServer();

  Endpoint endpoint() const;
  std::string url() const { return (tls_ ? "https://" : "http://") + endpoint().host_header(); }
  int connections() const { return connections_; }

  /// The requests so far.
  std::vector<HttpRequest> requests() const;

 private:
  void accept();
  void serve(boost::asio::ip::tcp::socket socket);
  template <class Stream>
  void converse(Stream& stream);
  Reply answer(const HttpRequest& request);

  const Handler handler_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;  // changes under mutex_

  mutable std::mutex mutex_;
  std::condition_variable stops_;
  std::vector<HttpRequest> requests_;  // guarded by mutex_
  std::vector<int> sockets_;           // guarded by mutex_; open ones
  std::vector<std::thread> threads_;   // of the accepting thread, then of the destructor
  std::thread acceptance_;
};

}  // namespace sotto::http_client::testing
