#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/tls/tls_context.hpp"
#include "server/tls/tls_session.hpp"

namespace sotto::server {

/// A client's connection, plain or with TLS: what HTTP and WebSockets are read from and written to
/// (Asio's AsyncReadStream and AsyncWriteStream). With a deadline, after which the socket is closed
/// and what was going on ends with `timed_out`. To be used on the socket's executor, a strand; one
/// read and one write at a time.
class ClientStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using Socket = boost::asio::ip::tcp::socket;
  using SystemError = boost::system::error_code;

  /// `tls` null: plain. `socket` is connected, its executor a strand.
  ClientStream(Socket socket, const TlsContext* tls);
  ~ClientStream();
  ClientStream(ClientStream&&) noexcept = default;
  ClientStream& operator=(ClientStream&&) = delete;

  executor_type get_executor() const noexcept { return state_->socket.get_executor(); }
  Socket& socket() { return state_->socket; }
  bool encrypted() const { return state_->tls != nullptr; }

  /// Closes the socket once `time` has passed, unless another deadline is set first.
  void expires_after(std::chrono::milliseconds time);
  void expires_never();

  enum class Opening : std::uint8_t {
    ready,
    plain_http,  ///< the client begins with something else than TLS: from now on this is plain
    failed       ///< no handshake within the time, or one that was refused
  };

  /// Does the handshake, if there is to be one, within the deadline that was set.
  boost::asio::awaitable<Opening> open();

  /// Why TLS was broken off, in OpenSSL's words, or empty.
  std::string why_broken() const { return state_->tls ? state_->tls->why() : std::string(); }

  /// Says that nothing more will be written, over TLS and over TCP.
  void finish_writing();

  /// For who goes on with the socket otherwise; the TLS first, null if it is plain. Nothing else
  /// may be called afterwards.
  std::unique_ptr<TlsSession> release_tls();
  Socket release_socket();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(SystemError, std::size_t)>(
        Read<Buffers>{state_, buffers}, token, get_executor());
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(SystemError, std::size_t)>(
        Write<Buffers>{state_, buffers, {}}, token, get_executor());
  }

  /// Boost.Beast's way of closing what it knows nothing of.
  friend void beast_close_socket(ClientStream& stream) { stream.close(); }

 private:
  // Lives as long as anything is going on.
  struct State {
    State(Socket connected, SslPointer ssl);

    /// Waits as the last step said, then calls the operation again; or nothing, and it has an end.
    template <class Operation>
    bool await(TlsSession::Wait wait, Operation& operation) {
      if (wait != TlsSession::Wait::readable && wait != TlsSession::Wait::writable) return false;
      socket.async_wait(wait == TlsSession::Wait::readable ? Socket::wait_read : Socket::wait_write,
                        std::move(operation));
      return true;
    }
    SystemError error_of(TlsSession::Wait wait) const;
    SystemError error_of(SystemError error) const;

    Socket socket;
    std::unique_ptr<TlsSession> tls;
    boost::asio::steady_timer deadline;
    bool expired = false;
  };

  enum class Stage : std::uint8_t { begun, under_way, done };

  template <class Buffers>
  struct Read {
    std::shared_ptr<State> state;
    Buffers buffers;
    Stage stage = Stage::begun;
    SystemError error{};
    std::size_t got = 0;

    template <class Self>
    void operator()(Self& self, SystemError code = {}, std::size_t size = 0) {
      if (stage == Stage::done) return self.complete(error, got);
      const bool first = std::exchange(stage, Stage::under_way) == Stage::begun;
      State& at = *state;  // which self holds, wherever it is moved to
      if (!at.tls) {
        if (first) {
          const Buffers all = buffers;  // which self takes along
          return at.socket.async_read_some(all, std::move(self));
        }
        return self.complete(at.error_of(code), size);
      }
      if (code || !at.socket.is_open()) {
        error = at.error_of(code ? code : boost::asio::error::operation_aborted);
      } else if (const auto buffer = first_of(buffers); buffer.size() > 0) {
        const auto step = at.tls->read({static_cast<char*>(buffer.data()), buffer.size()});
        if (at.await(step.wait, self)) return;
        error = at.error_of(step.wait);
        got = step.bytes;
      }
      finish(self, first);
    }

    template <class Self>
    void finish(Self& self, bool first) {
      if (!first) return self.complete(error, got);
      stage = Stage::done;
      boost::asio::post(state->socket.get_executor(), std::move(self));
    }

    static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at)
        if (boost::asio::mutable_buffer one(*at); one.size() > 0) return one;
      return {};
    }
  };

  template <class Buffers>
  struct Write {
    std::shared_ptr<State> state;
    Buffers buffers;
    std::string record;  ///< what several buffers have, since each record costs 22 bytes or more
    Stage stage = Stage::begun;
    SystemError error{};
    std::size_t written = 0;

    template <class Self>
    void operator()(Self& self, SystemError code = {}, std::size_t size = 0) {
      if (stage == Stage::done) return self.complete(error, written);
      const bool first = std::exchange(stage, Stage::under_way) == Stage::begun;
      State& at = *state;
      if (!at.tls) {
        if (first) {
          const Buffers all = buffers;  // which self takes along
          return at.socket.async_write_some(all, std::move(self));
        }
        return self.complete(at.error_of(code), size);
      }
      if (code || !at.socket.is_open()) {
        error = at.error_of(code ? code : boost::asio::error::operation_aborted);
      } else {
        TlsSession::Step step;
        if (const std::string_view bytes = next(); written == 0 && !bytes.empty()) {
          step = at.tls->write(bytes);
          written = step.bytes;
        }
        if (written > 0) step.wait = at.tls->flush();
        if (at.await(step.wait, self)) return;
        error = at.error_of(step.wait);
      }
      if (!first) return self.complete(error, error ? 0 : written);
      stage = Stage::done;
      boost::asio::post(at.socket.get_executor(), std::move(self));
    }

    // One record's worth: of one buffer in place, of several together.
    std::string_view next() {
      constexpr std::size_t most = 16 * 1024;
      if (!record.empty()) return record;
      std::string_view only;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers) && record.size() < most; ++at) {
        const boost::asio::const_buffer buffer(*at);
        const std::string_view bytes(static_cast<const char*>(buffer.data()), buffer.size());
        if (bytes.empty()) continue;
        if (only.empty() && record.empty()) {
          only = bytes;
          continue;
        }
        if (record.empty()) record = std::exchange(only, {}).substr(0, most);
        record += bytes.substr(0, most - record.size());
      }
      return record.empty() ? only : std::string_view(record);
    }
  };

  void close();

  std::shared_ptr<State> state_;
};

}  // namespace sotto::server
