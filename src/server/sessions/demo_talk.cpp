#include "server/sessions/demo_talk.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "audio/recording.hpp"
#include "base/sample_clock.hpp"

namespace sotto::server {

namespace {

constexpr milliseconds piece_length{100};
constexpr std::size_t piece = samples_in(piece_length);
constexpr std::size_t pause = samples_in(std::chrono::seconds{1});  // as between two paragraphs

}  // namespace

Result<std::vector<std::int16_t>> load_recordings(const std::vector<std::filesystem::path>& files) {
  std::vector<std::int16_t> samples;
  for (const std::filesystem::path& file : files) {
    const auto recording = audio::read_recording(file);
    if (!recording) return tl::unexpected(recording.error());
    samples.insert(samples.end(), recording->begin(), recording->end());
    samples.resize(samples.size() + pause);
  }
  return samples;
}

struct DemoTalk::Impl {
  boost::asio::steady_timer timer;
  const std::shared_ptr<pipeline::Session> session;
  const std::vector<std::int16_t> samples;
  std::size_t at = 0;
  bool stopped = false;
};

DemoTalk::DemoTalk(const boost::asio::any_io_executor& executor,
                   std::shared_ptr<pipeline::Session> session, std::vector<std::int16_t> samples)
    : impl_(new Impl{boost::asio::steady_timer(boost::asio::make_strand(executor)),
                     std::move(session), std::move(samples)}) {}

DemoTalk::~DemoTalk() = default;

void DemoTalk::start() {
  impl_->timer.expires_after(milliseconds{0});
  play();
}

void DemoTalk::play() {
  impl_->timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
    Impl& impl = *self->impl_;
    if (error || impl.stopped || impl.session->state() == pipeline::SessionState::ended) return;
    const std::span<const std::int16_t> all(impl.samples);
    const auto next = all.subspan(impl.at, std::min(piece, all.size() - impl.at));
    if (impl.session->push_audio(next) == ports::Pushed::over) return;
    impl.at += piece;
    if (impl.at >= all.size()) impl.at = 0;
    impl.timer.expires_at(impl.timer.expiry() + piece_length);
    self->play();
  });
}

void DemoTalk::stop() {
  boost::asio::post(impl_->timer.get_executor(), [self = shared_from_this()] {
    self->impl_->stopped = true;
    self->impl_->timer.cancel();
  });
}

}  // namespace sotto::server
