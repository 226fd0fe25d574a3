// How soon listeners read a word in their language: continuous talk at real speed through the whole
// pipeline, with partial results and with finals only, in one run.
//
//   live_latency [FOLDER] [SECONDS] [audio]
//
// FOLDER as for join_speech(); by default Debian's five LibriVox sentences over and over. `audio`
// plays on the recording's own clock, without the time of computing, for quick looks.
#include <cstdio>
#include <string>

#include "composition/engines.hpp"
#include "composition/talk.hpp"
#include "support/speech.hpp"

namespace {

using namespace sotto;

struct Measured {
  double p50, p95;
};

Measured print_row(const char* mode, const composition::Talk& talk, const bench::Speech& speech) {
  std::string heard;
  for (const composition::TalkSegment& segment : talk.segments)
    heard += segment.text.at(Language{"en"}) + " ";
  const auto& figures = talk.figures;
  const Measured words{figures.word_lag.quantile(0.5) / 1000,
                       figures.word_lag.quantile(0.95) / 1000};
  std::printf("%-10s %7.2f %7.2f   %7.2f %7.2f   %7.3f %9.3f   %5.1f %%   %6llu %6llu   %7.2f\n",
              mode, words.p50, words.p95, figures.segment_latency.quantile(0.5) / 1000,
              figures.segment_latency.quantile(0.95) / 1000, figures.erasure,
              figures.source_erasure, 100 * bench::word_error_rate(speech.text, heard),
              static_cast<unsigned long long>(figures.source_words),
              static_cast<unsigned long long>(figures.translation_calls),
              talk.cpu_seconds / talk.audio_seconds);
  std::fflush(stdout);
  return words;
}

int complain(const Error& error) {
  std::fprintf(stderr, "live_latency: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/pocketsphinx/test/data/librivox";
  const double seconds = argc > 2 ? std::stod(argv[2]) : 60;
  const bool real_time = argc <= 3;
  const auto file = std::filesystem::temp_directory_path() / "sotto-live-latency.wav";
  const auto speech = bench::join_speech(folder, seconds, 0, file);
  if (!speech) return complain(speech.error());

  std::printf("%.0f s of continuous talk, English to Spanish, %s\n\n", speech->seconds,
              real_time ? "at real speed" : "on the recording's own clock");
  std::printf("           word -> shown   segment -> done   erasure    erasure\n");
  std::printf(
      "mode         p50 s   p95 s     p50 s   p95 s    target    source     WER    words  calls   "
      "CPU s/s\n");
  Measured rows[2] = {};
  for (const bool final_only : {false, true}) {
    auto engines = composition::embedded_engines({}, 1);
    if (!engines) return complain(engines.error());
    composition::TalkOptions options;
    options.recording = speech->file;
    options.targets = {Language{"es"}};
    options.real_time = real_time;
    options.final_only = final_only;
    const auto talk = composition::play_talk(options, *engines);
    if (!talk) return complain(talk.error());
    rows[final_only ? 1 : 0] = print_row(final_only ? "final-only" : "partial", *talk, *speech);
  }
  std::filesystem::remove(file);
  std::printf(
      "\npartial results are %.1f times sooner at p50 (wanted: 4), %.1f at p95; wanted 0.80 s p50, "
      "1.60 s p95\n",
      rows[1].p50 / rows[0].p50, rows[1].p95 / rows[0].p95);
  return 0;
}
