// How soon, how right and how steady early words are on real speech: the frontier of policies over
// the same hypotheses, with LocalAgreement and final-only mode beside them.
//
//   commitment [FOLDER] [SECONDS] [RECOGNISER]
//
// FOLDER as for join_speech(); by default Debian's five LibriVox sentences over and over. SECONDS
// of each of three talks without pauses, which begin with different recordings; 60 without. Or a
// file of recorded events (.jsonl, what `translate --events-out` saves) instead of both.
// RECOGNISER: auto, moonshine or pocketsphinx. Times are the recordings' own: a word's end is where
// the recogniser puts it, and computing takes no time (bench/live_latency has it in).
#include <cstdio>
#include <map>
#include <string>

#include "audio/recording.hpp"
#include "composition/recognisers.hpp"
#include "composition/record_events.hpp"
#include "pipeline/captions/word_lag.hpp"
#include "replay/event_file.hpp"
#include "replay/figures.hpp"
#include "replay/replayer.hpp"
#include "support/speech.hpp"
#include "tuning/stability_fit.hpp"

namespace {

using namespace sotto;

struct Policy {
  std::string name;
  engine::Settings settings;
};

struct Measured {
  replay::Figures figures;
  QuantileSketch shown;  ///< a word's end → the first caption that reaches it, ms
};

int complain(const Error& error) {
  std::fprintf(stderr, "commitment: %s\n", error.message.c_str());
  return 1;
}

void measure_talk(std::span<const replay::RecordedEvent> events, const engine::Settings& settings,
                  Measured& out) {
  pipeline::WordLag lag;
  auto replayer = replay::Replayer::create(
      settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        out.figures.decided(session, at, commands);
        for (const engine::Command& command : commands)
          if (const auto* caption = std::get_if<engine::ShowCaption>(&command))
            if (!caption->text.empty()) lag.sent(caption->end, false, at);
      });
  for (const auto& recorded : events) {
    replayer->take(recorded.session, recorded.arrival, recorded.event);
    for (std::size_t i = 0; i < recorded.event.size(); ++i) {
      if (recorded.event[i].is_partial) continue;
      for (const transcript::Item& item : recorded.event[i].items)
        if (item.kind == transcript::ItemKind::pronunciation)
          lag.expect(item.end, item.start + (item.end - item.start) / 2);
    }
  }
  replayer->finish();
  for (const milliseconds found : lag.take_shown())
    out.shown.record(static_cast<std::uint64_t>(found.count()));
}

void print_row(const Policy& policy, const Measured& measured, double final_only_p50) {
  const auto seconds = [](const QuantileSketch& sketch, double q) {
    return sketch.quantile(q) / 1000;
  };
  const replay::Figures& figures = measured.figures;
  std::printf("%-34s %6.2f %6.2f %8.3f %8.3f   %6.2f %6.2f %7.1f %% %8.1f x %9llu\n",
              policy.name.c_str(), seconds(measured.shown, 0.5), seconds(measured.shown, 0.95),
              figures.erasure(), figures.result_erasure(), seconds(figures.commit_lag(), 0.5),
              seconds(figures.commit_lag(), 0.95), 100 * figures.contradicted_share(),
              final_only_p50 / seconds(figures.commit_lag(), 0.5),
              static_cast<unsigned long long>(figures.translated_characters()));
}

engine::Settings with(const transcript::StabilityCalibration& calibration, double threshold,
                      double provisional) {
  engine::Settings settings;
  settings.calibration = calibration;
  settings.min_stability_threshold = threshold;
  settings.provisional_threshold = provisional;
  return settings;
}

std::vector<Policy> policies(const transcript::StabilityCalibration& calibration) {
  std::vector<Policy> all;
  engine::Settings final_only;
  final_only.mode = engine::Mode::final_only;
  all.push_back({"final-only", final_only});
  for (const std::size_t n : {std::size_t{2}, std::size_t{3}})
    all.push_back({"LocalAgreement-" + std::to_string(n),
                   with(tuning::local_agreement(n, milliseconds{300}), 0.9, 0.9)});
  for (const double threshold : {0.70, 0.80, 0.85, 0.90, 0.95})
    for (const double provisional : {0.60, 0.70, 0.80, 0.84, 0.88, 0.92}) {
      char name[64];
      std::snprintf(name, sizeof name, "stability %.2f, provisional %.2f", threshold, provisional);
      all.push_back({name, with(calibration, threshold, provisional)});
    }
  engine::Settings shipped;
  shipped.calibration = calibration;
  char name[64];
  std::snprintf(name, sizeof name, "* as shipped: %.2f, %.2f", shipped.min_stability_threshold,
                engine::provisional_threshold(shipped));
  all.push_back({name, shipped});
  return all;
}

using Talks = std::vector<std::vector<replay::RecordedEvent>>;

Result<Talks> recognise(ports::Recogniser& recogniser, const std::string& folder, double seconds) {
  Talks talks;
  for (std::size_t talk = 0; talk < 3; ++talk) {
    const auto file = std::filesystem::temp_directory_path() / "sotto-commitment.wav";
    const auto speech = bench::join_speech(folder, seconds, talk * 20, file);
    if (!speech) return tl::unexpected(speech.error());
    const auto samples = audio::read_recording(file);
    std::filesystem::remove(file);
    if (!samples) return tl::unexpected(samples.error());
    auto events = composition::record_events(recogniser, Language{"en"},
                                             SessionId{"talk-" + std::to_string(talk)}, *samples);
    if (!events) return tl::unexpected(events.error());
    talks.push_back(std::move(*events));
  }
  return talks;
}

Result<Talks> read(const std::string& file) {
  std::map<SessionId, std::vector<replay::RecordedEvent>> sessions;
  const auto read = replay::read_events(file, [&](replay::RecordedEvent& recorded) {
    sessions[recorded.session].push_back(std::move(recorded));
  });
  if (!read) return tl::unexpected(read.error());
  Talks talks;
  for (auto& [id, events] : sessions) talks.push_back(std::move(events));
  return talks;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/pocketsphinx/test/data/librivox";
  const double seconds = argc > 2 ? std::stod(argv[2]) : 60;
  composition::RecogniserChoice choice;
  if (argc > 3) choice.engine = argv[3];
  const auto local = composition::local_recogniser(choice, 1);
  if (!local) return complain(local.error());
  const auto talks =
      folder.ends_with(".jsonl") ? read(folder) : recognise(*local->recogniser, folder, seconds);
  if (!talks) return complain(talks.error());
  const auto calibration = local->recogniser->calibration(Language{"en"});

  std::printf("%s %s, %zu talks; seconds behind a word's end\n\n", local->engine.c_str(),
              local->models.c_str(), talks->size());
  std::printf(
      "                                    shown            erasure          committed    "
      "committed   sooner than  translated\n"
      "policy                              p50    p95  captions  results      p50    p95     "
      "wrong    final-only  characters\n");
  double final_only_p50 = 0;
  for (const Policy& policy : policies(*calibration)) {
    Measured measured;
    for (const auto& talk : *talks) measure_talk(talk, policy.settings, measured);
    if (final_only_p50 == 0) final_only_p50 = measured.figures.commit_lag().quantile(0.5) / 1000;
    print_row(policy, measured, final_only_p50);
  }
  std::vector<replay::RecordedEvent> all;
  for (const auto& talk : *talks) all.insert(all.end(), talk.begin(), talk.end());
  const double error = tuning::calibration_error(all, *calibration);
  std::printf("\nexpected calibration error %.3f (wanted: 0.030)\n", error);
  return 0;
}
