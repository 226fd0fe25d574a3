// How many words each recogniser of this machine gets wrong, and what it costs: a folder of
// recordings with transcripts through each engine that is installed, in one run.
//
//   recognition [FOLDER] [joined]
//
// FOLDER as for read_recordings(); by default Debian's five LibriVox sentences. `joined`: as one
// talk without pauses instead of each by itself. Word errors are counted without case and marks.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "audio/recording.hpp"
#include "base/sample_clock.hpp"
#include "composition/recognisers.hpp"
#include "composition/record_events.hpp"
#include "support/speech.hpp"
#include "telemetry/process_usage.hpp"

namespace {

using namespace sotto;

struct Engine {
  const char* name;
  composition::RecogniserChoice choice;
};

struct Measured {
  std::size_t words = 0, wrong = 0;
  double audio = 0, cpu = 0;
  std::uint64_t partials = 0, finals = 0;
};

struct Sound {
  std::vector<std::int16_t> samples;
  std::string text;
};

int complain(const Error& error) {
  std::fprintf(stderr, "recognition: %s\n", error.message.c_str());
  return 1;
}

Result<std::vector<Sound>> read_sounds(const std::string& folder, bool joined) {
  const auto recordings = bench::read_recordings(folder);
  if (!recordings) return tl::unexpected(recordings.error());
  std::vector<Sound> sounds;
  for (const bench::Recording& recording : *recordings) {
    auto samples = audio::read_recording(recording.file);
    if (!samples) return tl::unexpected(samples.error());
    if (!joined || sounds.empty()) {
      sounds.push_back({std::move(*samples), recording.text});
      continue;
    }
    sounds[0].samples.insert(sounds[0].samples.end(), samples->begin(), samples->end());
    sounds[0].text += " " + recording.text;
  }
  return sounds;
}

Result<Measured> measure(ports::Recogniser& recogniser, const std::vector<Sound>& sounds) {
  Measured measured;
  const double before = telemetry::process_tree_usage().cpu_seconds;
  for (const Sound& sound : sounds) {
    const auto events = composition::record_events(recogniser, Language{"en"},
                                                   SessionId{"recording"}, sound.samples);
    if (!events) return tl::unexpected(events.error());
    std::string heard;
    for (const auto& recorded : *events)
      for (std::size_t i = 0; i < recorded.event.size(); ++i) {
        const transcript::RecognitionResult result = recorded.event[i];
        ++(result.is_partial ? measured.partials : measured.finals);
        if (!result.is_partial) heard += std::string(result.transcript) + " ";
      }
    const bench::WordErrors errors = bench::word_errors(sound.text, heard);
    measured.words += errors.words;
    measured.wrong += errors.wrong;
    measured.audio += to_seconds(audio_length(sound.samples.size()));
  }
  measured.cpu = telemetry::process_tree_usage().cpu_seconds - before;
  return measured;
}

void print_row(const char* name, const Measured& measured, double floor) {
  const double wrong = 100.0 * static_cast<double>(measured.wrong) /
                       static_cast<double>(std::max<std::size_t>(1, measured.words));
  std::printf("%-28s %5zu of %5zu  %5.1f %%   %5.2f x   %8.3f   %8llu %7llu   %6.0f MB\n", name,
              measured.wrong, measured.words, wrong, floor > 0 ? wrong / floor : 1.0,
              measured.cpu / measured.audio, static_cast<unsigned long long>(measured.partials),
              static_cast<unsigned long long>(measured.finals),
              static_cast<double>(telemetry::process_tree_usage().memory_bytes) / 1e6);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/pocketsphinx/test/data/librivox";
  const bool joined = argc > 2 && std::strcmp(argv[2], "joined") == 0;
  const auto sounds = read_sounds(folder, joined);
  if (!sounds) return complain(sounds.error());
  const Engine engines[] = {{"pocketsphinx", {"pocketsphinx", "", ""}},
                            {"moonshine tiny", {"moonshine", "tiny", "tiny"}},
                            {"moonshine tiny, base finals", {"moonshine", "tiny", "base"}},
                            {"moonshine base (default)", {"moonshine", "base", "base"}}};
  std::printf(
      "                               word errors            against    CPU s/s   partials  "
      "finals    memory\n"
      "engine                                               the first\n");
  double floor = 0;
  for (const Engine& engine : engines) {
    const auto local = composition::local_recogniser(engine.choice, 1);
    if (!local) {
      std::printf("%-28s not here: %s\n", engine.name, local.error().message.c_str());
      continue;
    }
    const auto measured = measure(*local->recogniser, *sounds);
    if (!measured) return complain(measured.error());
    print_row(engine.name, *measured, floor);
    if (floor == 0)
      floor = 100.0 * static_cast<double>(measured->wrong) /
              static_cast<double>(std::max<std::size_t>(1, measured->words));
  }
  return 0;
}
