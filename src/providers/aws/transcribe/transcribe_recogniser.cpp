#include "providers/aws/transcribe/transcribe_recogniser.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "base/overloaded.hpp"
#include "base/sample_clock.hpp"
#include "http_client/dns_resolver.hpp"
#include "http_client/tls_context.hpp"
#include "providers/aws/client/service_error.hpp"
#include "providers/aws/transcribe/transcribe_request.hpp"
#include "providers/aws/transcribe/web_socket.hpp"

namespace sotto::providers::aws {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds look_up_patience{5};

Result<> check_settings(const TranscribeSettings& settings) {
  const auto refuse = [](const char* field, const char* range) {
    return fail(ErrorCode::invalid_argument,
                std::string("Transcribe's ") + field + " must be " + range, field);
  };
  const ConversationSettings& talk = settings.conversation;
  using std::chrono::minutes, std::chrono::seconds;
  if (settings.stability != "low" && settings.stability != "medium" && settings.stability != "high")
    return refuse("stability", "low, medium or high");
  if (settings.max_streams < 1) return refuse("max_streams", "at least 1");
  if (settings.max_queued < seconds{1}) return refuse("max_queued", "at least 1 s");
  if (talk.frame < milliseconds{50} || talk.frame > milliseconds{200})
    return refuse("frame", "50 to 200 ms");
  if (talk.keep_alive < talk.frame || talk.keep_alive > seconds{14})
    return refuse("keep_alive", "from one frame to 14 s");
  if (talk.most_kept < seconds{5}) return refuse("most_kept", "at least 5 s");
  if (talk.roll_over < seconds{1} || talk.roll_over > minutes{235})
    return refuse("roll_over", "1 s to 235 min");
  if (talk.attempts < 1) return refuse("attempts", "at least 1");
  return {};
}

}  // namespace

// What all streams share. `io` is served by one thread: what happens there needs no lock.
class TranscribeRecogniser::Workshop {
 public:
  Workshop(std::shared_ptr<Client> its_client, TranscribeSettings its_settings)
      : client(std::move(its_client)), settings(std::move(its_settings)) {
    thread_ = std::thread([this] { io.run(); });
  }

  ~Workshop() {
    blocking.join();
    work_.reset();
    io.stop();
    thread_.join();
  }

  const std::shared_ptr<Client> client;
  const TranscribeSettings settings;
  const ClientDependencies dependencies = ClientDependencies::real();
  std::atomic<std::size_t> streams = 0;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  asio::thread_pool blocking{1};  // for what blocks

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io);
  std::thread thread_;
};

// One talk. All but push(), recognised() and finish() happens on the workshop's thread.
class TranscribeRecogniser::Line : public std::enable_shared_from_this<Line> {
 public:
  Line(Workshop& workshop, std::string language, ports::RecogniserSink sink)
      : workshop_(&workshop),
        language_(std::move(language)),
        sink_(std::move(sink)),
        max_queued_(samples_in(workshop.settings.max_queued)),
        conversation_(workshop.settings.conversation),
        timer_(workshop.io) {}

  ports::Pushed push(std::span<const std::int16_t> samples) {
    const std::lock_guard lock(mutex_);
    if (is_finished_) return ports::Pushed::over;
    if (inbox_.size() + waiting_ + samples.size() > max_queued_) return ports::Pushed::full;
    inbox_.insert(inbox_.end(), samples.begin(), samples.end());
    wake();
    return ports::Pushed::taken;
  }

  void finish() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_finished_, true)) return;
    wake();
  }

  milliseconds recognised() const { return milliseconds{recognised_ms_.load()}; }

  // When it returns, no call into the sink is under way, and none follows.
  void stop() {
    std::promise<void> done;
    asio::post(workshop_->io, [this, &done] {
      is_stopped_ = true;
      hang_up();
      timer_.cancel();
      done.set_value();
    });
    done.get_future().wait();
    make_room();
  }

 private:
  struct Signed {
    Credentials with;
    UtcTime at;
  };

  void wake() {  // with mutex_ locked
    if (std::exchange(is_woken_, true)) return;
    asio::post(workshop_->io, [self = shared_from_this()] { self->on_wake(); });
  }

  void on_wake();
  void work();
  void perform(TranscribeConversation::Command command);
  void connect();
  Result<WebSocket::Place> prepare(Signed& how) const;
  void open(Result<WebSocket::Place> place);
  void on_refused(const HttpResponse& refusal);
  void on_closed(Error error, bool normally);
  void on_end(Result<> result);

  void hang_up() {
    if (socket_) socket_->abandon();
    socket_.reset();
  }

  // A stream that has ended may be kept for long: from then on it counts no more.
  void make_room() {
    if (counted_.exchange(false)) --workshop_->streams;
  }

  double random() const { return workshop_->dependencies.random(); }
  Clock::time_point now() const { return workshop_->dependencies.ticks(); }

  // Constant after construction.
  Workshop* const workshop_;
  const std::string language_;
  const ports::RecogniserSink sink_;
  const std::size_t max_queued_;

  // Of the workshop's thread.
  TranscribeConversation conversation_;
  std::shared_ptr<WebSocket> socket_;
  asio::steady_timer timer_;
  Signed signed_;                 // how the last attempt was
  bool renewed_ = false;          // after credentials were refused, until a connection is open
  bool clock_corrected_ = false;  // after a time was refused, until a connection is open
  bool is_stopped_ = false;
  std::vector<std::int16_t> taken_;

  std::atomic<milliseconds::rep> recognised_ms_ = 0;
  std::atomic<bool> counted_ = true;

  std::mutex mutex_;
  std::vector<std::int16_t> inbox_;  // guarded by mutex_, as are the next three
  std::size_t waiting_ = 0;          // in the conversation
  bool is_finished_ = false;
  bool is_woken_ = false;
};

void TranscribeRecogniser::Line::on_wake() {
  bool is_finished = false;
  taken_.clear();
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = false;
    taken_.swap(inbox_);
    waiting_ += taken_.size();
    is_finished = is_finished_;
  }
  if (is_stopped_) return;
  conversation_.audio(taken_);
  if (is_finished) conversation_.finish();
  work();
}

// Does what the conversation wants until it wants nothing, and comes back when it says.
void TranscribeRecogniser::Line::work() {
  while (!is_stopped_) {
    auto command = conversation_.next(now());
    if (!command) break;
    perform(std::move(*command));
  }
  {
    const std::lock_guard lock(mutex_);
    waiting_ = conversation_.waiting();
  }
  const auto at = conversation_.wake_at();
  if (is_stopped_ || !at) return;
  timer_.expires_at(*at);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled && !self->is_stopped_) self->work();
  });
}

void TranscribeRecogniser::Line::perform(TranscribeConversation::Command command) {
  using Talk = TranscribeConversation;
  std::visit(Overloaded{[this](Talk::Connect) { connect(); },
                        [this](Talk::Send& send) {
                          if (socket_) socket_->send(std::move(send.message));
                        },
                        [this](Talk::Disconnect) { hang_up(); },
                        [this](Talk::Say& say) {
                          if (sink_.on_event) sink_.on_event(std::move(say.event));
                        },
                        [this](Talk::Progress progress) {
                          recognised_ms_ = progress.to.count();
                          if (sink_.on_progress) sink_.on_progress(progress.to);
                        },
                        [this](Talk::End& end) { on_end(std::move(end.result)); }},
             command);
}

void TranscribeRecogniser::Line::connect() {
  asio::post(workshop_->blocking, [self = shared_from_this()] {
    Signed how;
    auto place = self->prepare(how);
    asio::post(self->workshop_->io,
               [self, how = std::move(how), place = std::move(place)]() mutable {
                 self->signed_ = std::move(how);
                 self->open(std::move(place));
               });
  });
}

// What blocks of connecting.
Result<WebSocket::Place> TranscribeRecogniser::Line::prepare(Signed& how) const {
  Client& client = *workshop_->client;
  auto found = client.credentials();
  if (!found) return tl::unexpected(found.error());
  how.with = std::move(*found);
  WebSocket::Place place;
  place.endpoint = client.endpoint(services::transcribe_streaming);
  auto addresses = http_client::look_up(place.endpoint.host, Clock::now() + look_up_patience);
  if (!addresses) return tl::unexpected(addresses.error());
  place.addresses = std::move(*addresses);
  const TranscribeRequest request{client.region(), language_, workshop_->settings.stability,
                                  workshop_->settings.vocabulary};
  how.at = client.now();
  place.target = transcribe_target(place.endpoint, request, how.with, how.at);
  place.largest_message = usual_largest_event;
  return place;
}

void TranscribeRecogniser::Line::open(Result<WebSocket::Place> place) {
  if (is_stopped_) return;
  if (!place) {
    conversation_.disconnected(place.error(), false, now(), random());
    return work();
  }
  WebSocket::Handlers handlers;
  handlers.on_open = [self = shared_from_this()] {
    self->renewed_ = self->clock_corrected_ = false;
    self->conversation_.connected(self->now());
    self->work();
  };
  handlers.on_message = [self = shared_from_this()](std::string_view bytes) {
    self->conversation_.received(bytes, self->now(), self->random());
    self->work();
  };
  handlers.on_sent = [self = shared_from_this()] {
    self->conversation_.sent();
    self->work();
  };
  handlers.on_refused = [self = shared_from_this()](const HttpResponse& refusal) {
    self->on_refused(refusal);
  };
  handlers.on_closed = [self = shared_from_this()](Error error, bool normally) {
    self->on_closed(std::move(error), normally);
  };
  socket_ = WebSocket::open(workshop_->io, workshop_->tls, std::move(*place), std::move(handlers));
}

// Where our clock may be why, it is corrected and the same attempt made again at once, once.
// Credentials may have been good when they were looked up: others are fetched, once.
void TranscribeRecogniser::Line::on_refused(const HttpResponse& refusal) {
  socket_.reset();
  Client& client = *workshop_->client;
  if (!clock_corrected_ && client.correct_clock(refusal, signed_.at)) {
    clock_corrected_ = true;
    return connect();
  }
  const ServiceError said = service_error(refusal);
  Error error = to_error(services::transcribe_streaming.name, refusal.status, said);
  if (is_expired_token(said) && !std::exchange(renewed_, true)) {
    client.reject(signed_.with);
    error.code = ErrorCode::unavailable;
  }
  on_closed(std::move(error), false);
}

void TranscribeRecogniser::Line::on_closed(Error error, bool normally) {
  socket_.reset();
  conversation_.disconnected(std::move(error), normally, now(), random());
  work();
}

void TranscribeRecogniser::Line::on_end(Result<> result) {
  hang_up();
  {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    inbox_.clear();
  }
  make_room();
  is_stopped_ = true;
  sink_.on_end(std::move(result));
}

class TranscribeRecogniser::Stream : public ports::RecogniserStream {
 public:
  explicit Stream(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  ~Stream() override { line_->stop(); }
  ports::Pushed push(std::span<const std::int16_t> samples) override {
    return line_->push(samples);
  }
  milliseconds recognised() const override { return line_->recognised(); }
  void finish() override { line_->finish(); }

 private:
  const std::shared_ptr<Line> line_;
};

TranscribeRecogniser::TranscribeRecogniser(std::unique_ptr<Workshop> workshop)
    : workshop_(std::move(workshop)) {}

TranscribeRecogniser::~TranscribeRecogniser() = default;

Result<std::unique_ptr<TranscribeRecogniser>> TranscribeRecogniser::create(
    std::shared_ptr<Client> client, TranscribeSettings settings) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  if (!client->endpoint(services::transcribe_streaming).tls)
    return fail(ErrorCode::invalid_argument, "Transcribe's endpoint must begin with https://",
                "AWS_ENDPOINT_URL_TRANSCRIBE_STREAMING");
  auto workshop = std::make_unique<Workshop>(std::move(client), std::move(settings));
  const std::string& ca_file = workshop->settings.ca_file;
  if (http_client::trust_certificates(workshop->tls, ca_file))
    return fail(ErrorCode::invalid_argument,
                "cannot read certificates from " + ca_file + "; it must be a file in PEM form",
                "ca_file");
  return std::unique_ptr<TranscribeRecogniser>(new TranscribeRecogniser(std::move(workshop)));
}

std::vector<Language> TranscribeRecogniser::languages() const { return transcribe_languages(); }

Result<std::unique_ptr<ports::RecogniserStream>> TranscribeRecogniser::open(
    const Language& language, ports::RecogniserSink sink) {
  const auto name = transcribe_language(language);
  if (!name)
    return fail(ErrorCode::not_found, "Transcribe does not stream " + language.str(), "language");
  if (++workshop_->streams > workshop_->settings.max_streams) {
    --workshop_->streams;
    return fail(ErrorCode::resource_exhausted,
                "all " + std::to_string(workshop_->settings.max_streams) +
                    " Transcribe streams are in use; end a session or raise max_streams");
  }
  return std::make_unique<Stream>(
      std::make_shared<Line>(*workshop_, std::string(*name), std::move(sink)));
}

std::optional<transcript::StabilityCalibration> TranscribeRecogniser::calibration(
    const Language&) const {
  return std::nullopt;
}

}  // namespace sotto::providers::aws
