#include "tests/support/transcribe_server.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <ctime>
#include <optional>

#include "providers/aws/transcribe/event_stream.hpp"
#include "tests/support/transcribe_hearing.hpp"
#include "tests/support/transcribe_request_check.hpp"

namespace sotto::testing {

namespace asio = boost::asio;
namespace aws = providers::aws;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Kind = TranscribeFault::Kind;

namespace {

std::string message_of(const std::string& type_name, const std::string& type,
                       const std::string& payload) {
  const std::array headers = {aws::EventHeader{":content-type", std::string("application/json")},
                              aws::EventHeader{":" + type_name + "-type", type},
                              aws::EventHeader{":message-type", type_name}};
  return aws::encode_event(headers, payload).value();
}

// As RFC 9110, 5.6.7, has it, in the C locale.
std::string http_date(UtcTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::vector<std::int16_t> samples_of(std::string_view pcm) {
  std::vector<std::int16_t> samples(pcm.size() / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto low = static_cast<unsigned char>(pcm[2 * i]);
    const auto high = static_cast<unsigned char>(pcm[2 * i + 1]);
    samples[i] = static_cast<std::int16_t>(low | high << 8);
  }
  return samples;
}

}  // namespace

// One connection, from its acceptance to its end.
class TranscribeServer::Talk {
 public:
  Talk(TranscribeServer& server, int number)
      : server_(&server),
        number_(number),
        stream_(io_, server.tls_),
        hearing_("r" + std::to_string(number) + "-", server.settings_.words_a_segment) {}

  tcp::socket& socket() { return stream_.next_layer().next_layer(); }
  asio::io_context& io() { return io_; }

  void run() {
    error_code error;
    socket().set_option(tcp::no_delay(true), error);
    stream_.next_layer().handshake(asio::ssl::stream_base::server, error);
    if (error || !upgrade()) return;
    while (!is_over_ && read()) {
    }
    socket().close(error);
  }

 private:
  bool upgrade() {
    error_code error;
    http::request<http::string_body> request;
    boost::beast::flat_buffer buffer;
    http::read(stream_.next_layer(), buffer, request, error);
    if (error) return false;
    const std::string target(request.target());
    {
      const std::lock_guard lock(server_->mutex_);
      server_->targets_.push_back(target);
    }
    const UtcTime now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()) +
                        server_->settings_.clock_ahead;
    const auto refusal =
        check_transcribe_request(target, std::string(request[http::field::host]),
                                 server_->settings_.region, server_->settings_.credentials, now);
    if (refusal.status == 101) {
      stream_.read_message_max(1 << 20);
      stream_.binary(true);
      stream_.accept(request, error);
      return !error;
    }
    http::response<http::string_body> answer(static_cast<http::status>(refusal.status), 11);
    answer.set(http::field::date, http_date(now));
    answer.set("x-amzn-errortype", refusal.name);
    answer.body() = R"({"Message":")" + refusal.sentence + "\"}";
    answer.prepare_payload();
    http::write(stream_.next_layer(), answer, error);
    return false;
  }

  // One message of the client's; false at the connection's end.
  bool read() {
    boost::beast::flat_buffer buffer;
    std::optional<error_code> done;
    stream_.async_read(buffer, [&done](error_code error, std::size_t) { done = error; });
    io_.restart();
    const auto deadline = std::chrono::steady_clock::now() + server_->settings_.longest_wait;
    while (!done && !server_->stopping_ && std::chrono::steady_clock::now() < deadline)
      io_.run_one_for(std::chrono::milliseconds{20});
    if (!done) {
      if (!server_->stopping_)
        write(message_of("exception", "BadRequestException",
                         R"({"Message":"Your request timed out because no new audio was )"
                         R"(received for 15 seconds."})"));
      error_code ignored;
      socket().close(ignored);
      while (!done) {
        io_.restart();
        io_.run_one();
      }
      return false;
    }
    return !*done && take(boost::beast::buffers_to_string(buffer.data()));
  }

  bool take(const std::string& bytes) {
    if (fails(true, came_++)) return !is_over_;
    if (bytes.empty()) return end();  // as AWS's JavaScript SDK says that no more follows
    aws::EventDecoder decoder;
    decoder.feed(bytes);
    const auto message = decoder.next();
    if (!message || !*message) return complain("a frame is broken");
    const aws::EventMessage& event = **message;
    if (event.text(":message-type") != "event" || event.text(":event-type") != "AudioEvent" ||
        event.text(":content-type") != "application/octet-stream")
      return complain("a message is no AudioEvent");
    if (event.payload.size() > 32'000 || event.payload.size() % 2 != 0)
      return complain("an AudioEvent is too long or half a sample");
    if (event.payload.empty()) return end();
    const auto samples = samples_of(event.payload);
    {
      const std::lock_guard lock(server_->mutex_);
      server_->samples_[static_cast<std::size_t>(number_)] += samples.size();
    }
    for (const auto& json : hearing_.hear(samples)) say(json);
    return !is_over_;
  }

  bool end() {
    for (const auto& json : hearing_.finish()) say(json);
    if (!is_over_ && !is_silent_) close();
    return !is_over_;
  }

  bool complain(const char* about) {
    const std::lock_guard lock(server_->mutex_);
    server_->complaints_.emplace_back(about);
    return false;
  }

  void say(const std::string& json) {
    if (is_over_ || is_silent_ || fails(false, said_++)) return;
    write(message_of("event", "TranscriptEvent", json));
  }

  // Whether the message is not to be dealt with.
  bool fails(bool came, int number) {
    if (!server_->settings_.fault) return false;
    const TranscribeFault fault = server_->settings_.fault(number_, came, number);
    if (fault.kind == Kind::none) return false;
    if (fault.kind == Kind::silence) return is_silent_ = true;
    const std::string good = message_of("event", "TranscriptEvent", R"({"Transcript":{}})");
    switch (fault.kind) {
      case Kind::exception:
        write(message_of("exception", fault.exception, R"({"Message":")" + fault.sentence + "\"}"));
        close();
        break;
      case Kind::wrong_crc: write(good.substr(0, good.size() - 1) + "!"); break;
      case Kind::oversized: write(std::string(2 << 20, 'x')); break;
      case Kind::garbage: write(message_of("event", "TranscriptEvent", "{")); break;
      case Kind::close: close(); break;
      case Kind::cut_in_frame: cut_within(good); break;
      default: break;
    }
    is_over_ = true;
    return true;
  }

  // A frame of RFC 6455 with its first half.
  void cut_within(const std::string& message) {
    std::string frame = {'\x82', static_cast<char>(message.size())};
    frame += message.substr(0, message.size() / 2);
    error_code ignored;
    asio::write(stream_.next_layer(), asio::buffer(frame), ignored);
  }

  void write(const std::string& bytes) {
    error_code ignored;
    stream_.write(asio::buffer(bytes), ignored);
  }

  void close() {
    error_code ignored;
    stream_.close(websocket::close_code::normal, ignored);
    is_over_ = true;
  }

  TranscribeServer* const server_;
  const int number_;
  asio::io_context io_;
  websocket::stream<asio::ssl::stream<tcp::socket>> stream_;
  TranscribeHearing hearing_;
  int came_ = 0, said_ = 0;
  bool is_over_ = false, is_silent_ = false;
};

TranscribeServer::TranscribeServer(TranscribeServerSettings settings)
    : settings_(std::move(settings)),
      acceptor_(io_, {asio::ip::make_address("127.0.0.1"), settings_.port}) {
  tls_.use_certificate(asio::buffer(settings_.certificate), asio::ssl::context::pem);
  tls_.use_private_key(asio::buffer(settings_.key), asio::ssl::context::pem);
  acceptance_ = std::thread([this] { accept(); });
}

TranscribeServer::~TranscribeServer() {
  stopping_ = true;
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptance_.join();
  for (std::thread& thread : threads_) thread.join();
}

std::vector<std::string> TranscribeServer::targets() const {
  const std::lock_guard lock(mutex_);
  return targets_;
}

std::vector<std::string> TranscribeServer::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

std::vector<std::uint64_t> TranscribeServer::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

void TranscribeServer::accept() {
  while (!stopping_) {
    const int number = connections_;
    auto talk = std::make_shared<Talk>(*this, number);
    error_code error;
    acceptor_.accept(talk->socket(), error);
    if (error) return;
    {
      const std::lock_guard lock(mutex_);
      samples_.push_back(0);
    }
    ++connections_;
    ++open_;
    threads_.emplace_back([this, talk] {
      talk->run();
      --open_;
    });
  }
}

}  // namespace sotto::testing
