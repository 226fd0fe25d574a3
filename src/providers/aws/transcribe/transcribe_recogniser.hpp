#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/recogniser.hpp"
#include "providers/aws/client/client.hpp"
#include "providers/aws/transcribe/transcribe_conversation.hpp"

namespace sotto::providers::aws {

struct TranscribeSettings {
  /// low, medium or high (Developer Guide, "Partial-result stabilization"): high calls words stable
  /// soonest, at the price of accuracy.
  std::string stability = "medium";
  std::string vocabulary = {};  ///< a custom vocabulary's name, or empty
  /// Streams at the same time. An account may have 25 unless AWS has raised that.
  std::size_t max_streams = 25;
  /// Audio that may wait in one stream; a single push() must be shorter.
  milliseconds max_queued = std::chrono::seconds{30};
  std::string ca_file = {};  ///< certificates to trust, PEM; empty: the system's
  ConversationSettings conversation = {};
};

/// Amazon Transcribe streaming over WebSockets, as TranscribeConversation holds it. A stream
/// connects with its first audio. One thread serves all connections, another fetches credentials
/// and looks up names; sinks are called from the first. Region, endpoint, credentials and the time
/// are the client's. Words come with `Stable` flags, so there is no calibration.
class TranscribeRecogniser : public ports::Recogniser {
 public:
  /// Connects to nothing yet. Errors: `invalid_argument` for a setting out of its range (stability
  /// low, medium or high; max_streams at least 1; max_queued at least 1 s; frame 50 to 200 ms;
  /// keep_alive up to 14 s; most_kept at least 5 s; roll_over up to 235 min; attempts at least 1;
  /// a client whose endpoint has no TLS) or certificates that cannot be read.
  static Result<std::unique_ptr<TranscribeRecogniser>> create(std::shared_ptr<Client> client,
                                                              TranscribeSettings settings);
  ~TranscribeRecogniser() override;

  std::vector<Language> languages() const override;

  /// Errors: `not_found` for a language that Transcribe does not stream, `resource_exhausted` above
  /// max_streams. A stream ends with what TranscribeConversation ends it with, or with
  /// `permission_denied` where there are no credentials or they are refused. An upgrade that is
  /// refused because the clock is off corrects the client's and is tried again at once, once.
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override;

  /// None.
  std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const override;

 private:
  class Workshop;
  class Line;
  class Stream;

  explicit TranscribeRecogniser(std::unique_ptr<Workshop> workshop);

  const std::unique_ptr<Workshop> workshop_;
};

}  // namespace sotto::providers::aws
