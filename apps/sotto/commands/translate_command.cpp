#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

#include "composition/talk.hpp"
#include "options/cli.hpp"
#include "output/live_display.hpp"
#include "output/translate_report.hpp"

namespace sotto::app {

namespace {

struct TranslateOptions {
  std::string recording;
  std::vector<std::string> to;
  std::string events_out;
  bool real_time = false;
  bool final_only = false;
  bool json = false;
  double translation_budget = engine::Settings{}.translation_budget;
  composition::RecogniserChoice recogniser;
  composition::TranslatorChoice translators;
};

std::size_t terminal_width() {
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return std::max<std::size_t>(size.ws_col, 20);
}

Result<std::vector<Language>> targets(const TranslateOptions& options,
                                      const ports::Translator& translator) {
  const std::vector<LanguagePair> pairs = translator.pairs();
  std::vector<Language> targets;
  for (const std::string& code : options.to) {
    const Language language{code};
    const bool known = std::find(pairs.begin(), pairs.end(),
                                 LanguagePair{Language{"en"}, language}) != pairs.end();
    if (!known) {
      std::string have;
      for (const LanguagePair& pair : pairs)
        if (pair.source == Language{"en"}) have += (have.empty() ? "" : ", ") + pair.target.str();
      return fail(ErrorCode::not_found,
                  "cannot translate en into \"" + code + "\"; with what is installed --to takes: " +
                      (have.empty() ? "nothing, install apertium-eng-spa" : have),
                  "to");
    }
    if (std::find(targets.begin(), targets.end(), language) == targets.end())
      targets.push_back(language);
  }
  return targets;
}

int translate(const TranslateOptions& options) {
  auto engines = composition::embedded_engines(options.recogniser, 1, options.translators);
  if (!engines) return report(engines.error(), options.json);
  const auto languages = targets(options, *engines->translator);
  if (!languages) return report(languages.error(), options.json, true);

  composition::TalkOptions talk_options;
  talk_options.recording = options.recording;
  talk_options.targets = *languages;
  talk_options.real_time = options.real_time;
  talk_options.final_only = options.final_only;
  talk_options.translation_budget = options.translation_budget;
  talk_options.events_out = options.events_out;
  std::unique_ptr<LiveDisplay> display;
  if (!options.json) {
    display = std::make_unique<LiveDisplay>(std::cout, terminal_width(), *languages);
    talk_options.on_caption = [&](const pipeline::Caption& caption) {
      if (caption.language != talk_options.language) display->show(caption);
    };
    talk_options.on_progress = [&](double played, double seconds) {
      display->progress(played, seconds);
    };
  }
  const auto talk = composition::play_talk(talk_options, *engines);
  display.reset();
  if (!talk) return report(talk.error(), options.json);
  if (engines->recogniser_instead)
    std::cerr << "sotto: PocketSphinx recognised in place of Moonshine, many words are wrong: "
              << engines->recogniser_instead->message << '\n';
  if (options.json) {
    std::cout << talk_json(*talk, talk_options) << '\n';
  } else {
    print_table(std::cout, *talk, talk_options);
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

}  // namespace

void add_translate(CLI::App& app, Run& run) {
  auto options = std::make_shared<TranslateOptions>();
  CLI::App* command =
      app.add_subcommand("translate", "Translate a recording as if it were a live talk");
  command
      ->add_option("recording", options->recording,
                   "A WAV file: English, one or two channels, 8 to 48 kHz")
      ->required();
  command->add_option("--to", options->to, "Languages to translate into, such as es,ca")
      ->required()
      ->delimiter(',');
  command->add_flag("--realtime", options->real_time,
                    "Play at real speed, so that latencies include the time of computing");
  command
      ->add_option("--translation-budget", options->translation_budget,
                   "Translate at most this many times the characters that final results alone "
                   "need, 1 to 10")
      ->check(CLI::Range(1.0, 10.0))
      ->capture_default_str();
  command->add_flag("--final-only", options->final_only, "Wait for final results, for comparison");
  composition::add_recogniser_options(*command, options->recogniser,
                                      composition::WithTranscribe::no);
  composition::add_translator_options(*command, options->translators);
  command->add_flag("--json", options->json,
                    "Print one JSON object instead of captions and a table");
  command->add_option("--events-out", options->events_out,
                      "Save the recogniser's events, one JSON object per line");
  command->callback([options, &run] { run = [options] { return translate(*options); }; });
}

}  // namespace sotto::app
