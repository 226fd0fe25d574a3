// How soon, how right and how steady the engine's early words are on real speech: recordings joined
// to talks without pauses, recognised by the embedded recogniser, on the recordings' own clock.
//
//   commitment [FOLDER] [SECONDS]
//
// FOLDER as for join_speech(); by default Debian's five LibriVox sentences over and over. SECONDS
// of each of three talks, which begin with different recordings; 60 without.
#include <cstdio>
#include <string>

#include "audio/recording.hpp"
#include "engines.hpp"
#include "record_events.hpp"
#include "replay/figures.hpp"
#include "replay/replayer.hpp"
#include "support/speech.hpp"

namespace {

using namespace sotto;

int complain(const Error& error) {
  std::fprintf(stderr, "commitment: %s\n", error.message.c_str());
  return 1;
}

replay::Figures measure(const std::vector<replay::RecordedEvent>& events,
                        const engine::Settings& settings) {
  replay::Figures figures;
  auto replayer = replay::Replayer::create(
      settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        figures.decided(session, at, commands);
      });
  for (const auto& recorded : events)
    replayer->take(recorded.session, recorded.arrival, recorded.event);
  replayer->finish();
  return figures;
}

void print_row(const char* mode, const replay::Figures& figures) {
  std::printf("%-12s %6llu   %7.2f %7.2f   %7.2f %7.2f   %6.1f %%   %8.3f %8.3f   %10llu\n", mode,
              static_cast<unsigned long long>(figures.committed_words()),
              figures.commit_lag().mean() / 1000, figures.commit_lag().quantile(0.95) / 1000,
              figures.segment_lag().mean() / 1000, figures.segment_lag().quantile(0.95) / 1000,
              100 * figures.contradicted_share(), figures.erasure(), figures.result_erasure(),
              static_cast<unsigned long long>(figures.translated_characters()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/pocketsphinx/test/data/librivox";
  const double seconds = argc > 2 ? std::stod(argv[2]) : 60;
  auto recogniser = app::embedded_recogniser(1);
  if (!recogniser) return complain(recogniser.error());
  std::vector<replay::RecordedEvent> events;
  double audio = 0;
  for (std::size_t talk = 0; talk < 3; ++talk) {
    const auto file = std::filesystem::temp_directory_path() / "sotto-commitment.wav";
    const auto speech = bench::join_speech(folder, seconds, talk * 20, file);
    if (!speech) return complain(speech.error());
    const auto samples = audio::read_recording(file);
    std::filesystem::remove(file);
    if (!samples) return complain(samples.error());
    audio += speech->seconds;
    auto more = app::record_events(**recogniser, Language{"en"},
                                   SessionId{"talk-" + std::to_string(talk)}, *samples);
    if (!more) return complain(more.error());
    std::move(more->begin(), more->end(), std::back_inserter(events));
  }
  engine::Settings settings;
  settings.calibration = (*recogniser)->calibration(Language{"en"});
  std::printf("%.0f s of continuous talk, %zu events; lags in s behind a word's end\n\n", audio,
              events.size());
  std::printf(
      "                      commitment        segment's end   committed       erasure        "
      "translated\n"
      "mode          words     mean     p95      mean     p95     wrong   captions  results   "
      "characters\n");
  const replay::Figures early = measure(events, settings);
  print_row("partial", early);
  settings.mode = engine::Mode::final_only;
  const replay::Figures late = measure(events, settings);
  print_row("final-only", late);
  std::printf(
      "\npartial results commit %.1f times sooner (means); wanted: at most 0.90 s mean, 5 %% "
      "wrong, "
      "erasure 0.2 of captions\n",
      late.commit_lag().mean() / early.commit_lag().mean());
  return 0;
}
