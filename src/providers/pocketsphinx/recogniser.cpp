#include "providers/pocketsphinx/recogniser.hpp"

#include <optional>
#include <string>
#include <utility>

#include "base/sample_clock.hpp"
#include "providers/pocketsphinx/calibration.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

const Language& english() {
  static const Language language{"en"};
  return language;
}

Result<> check_settings(const Settings& settings) {
  const auto refuse = [](const char* message, const char* field) {
    return fail(ErrorCode::invalid_argument, message, field);
  };
  if (settings.threads < 1 || settings.threads > 64) {
    return refuse("recogniser threads must be 1 to 64", "threads");
  }
  if (settings.max_streams < 1) return refuse("max_streams must be at least 1", "max_streams");
  if (settings.transcriber.chunk < milliseconds{20} ||
      settings.transcriber.chunk > milliseconds{1000}) {
    return refuse("the recogniser's chunk must be 20 ms to 1 s", "chunk");
  }
  // Less than a chunk may wait for more, and still 100 ms must find room.
  if (settings.max_queued < settings.transcriber.chunk + milliseconds{100}) {
    return refuse("max_queued must be at least 100 ms more than a chunk", "max_queued");
  }
  const milliseconds cap = settings.transcriber.endpoints.cap;
  if (cap < milliseconds{5'000} || cap > milliseconds{15'000}) {
    return refuse("an utterance's cap must be 5 to 15 s", "cap");
  }
  return {};
}

}  // namespace

class PocketSphinxRecogniser::Work : public embedded::StreamWork {
 public:
  explicit Work(PocketSphinxRecogniser& owner) : owner_(&owner) {}

  Result<> begin() override {
    auto decoder = owner_->decoders_.borrow();
    if (!decoder) return tl::unexpected(decoder.error());
    transcriber_.emplace(std::move(*decoder), owner_->settings_.transcriber);
    return {};
  }

  Result<> hear(embedded::AudioQueue& audio, const Emit& emit) override {
    return transcriber_->feed(audio.next(), emit);
  }

  Result<> finish(const Emit& emit) override { return transcriber_->finish(emit); }

 private:
  PocketSphinxRecogniser* const owner_;
  std::optional<Transcriber> transcriber_;
};

PocketSphinxRecogniser::PocketSphinxRecogniser(Settings settings)
    : settings_(std::move(settings)),
      decoders_(settings_.model),
      seats_(settings_.max_streams, "PocketSphinx"),
      turns_(settings_.threads) {}

Result<std::unique_ptr<PocketSphinxRecogniser>> PocketSphinxRecogniser::create(Settings settings) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  if (auto found = Decoder::check_model(settings.model); !found) {
    return tl::unexpected(found.error());
  }
  return std::unique_ptr<PocketSphinxRecogniser>(new PocketSphinxRecogniser(std::move(settings)));
}

std::vector<Language> PocketSphinxRecogniser::languages() const { return {english()}; }

Result<std::unique_ptr<ports::RecogniserStream>> PocketSphinxRecogniser::open(
    const Language& language, ports::RecogniserSink sink) {
  if (language != english()) {
    return fail(ErrorCode::not_found,
                "PocketSphinx recognises en here, not " + language.str() + "; choose en",
                "language");
  }
  auto seat = seats_.take();
  if (!seat) return tl::unexpected(seat.error());
  return std::make_unique<embedded::TurnStream>(
      embedded::TurnStream::Parts{&turns_, std::move(*seat), std::make_unique<Work>(*this),
                                  std::move(sink)},
      samples_in(settings_.transcriber.chunk), samples_in(settings_.max_queued));
}

std::optional<transcript::StabilityCalibration> PocketSphinxRecogniser::calibration(
    const Language& language) const {
  if (language != english()) return std::nullopt;
  return english_calibration();
}

}  // namespace sotto::providers::pocketsphinx
