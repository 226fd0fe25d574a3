#include "serving/serve_options.hpp"

#include "options/gates.hpp"

namespace sotto::app {

namespace {

void add_listening(CLI::App& command, ServeOptions& options) {
  command.add_option("--port", options.port, "Port to listen on; 0 takes a free one")
      ->capture_default_str();
  command
      .add_option("--address", options.address,
                  "Address to listen on; 0.0.0.0 lets other machines in")
      ->capture_default_str();
  command.add_flag("--demo,!--no-demo", options.demo, "Play the demo talk, or not")
      ->default_str("true");
  command.add_option("--demo-folder", options.demo_folder,
                     "Folder of WAV files that the demo plays instead of its own recordings");
  command
      .add_option("--max-talks", options.max_sessions,
                  "Talks at the same time; each takes about 100 MB")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_engines(CLI::App& command, ServeOptions& options) {
  composition::add_recogniser_options(command, options.engines.recogniser,
                                      composition::WithTranscribe::yes);
  composition::add_translator_options(command, options.engines.translators);
  command
      .add_option("--synthesiser,--speech", options.engines.synthesiser,
                  "The synthesiser: espeak, embedded; sherpa:FOLDER, the neural voices in FOLDER; "
                  "sherpa, those of 'sotto models'; or polly, Amazon's")
      ->check([](const std::string& name) {
        const bool known =
            name == "espeak" || name == "polly" || composition::names_neural_voices(name);
        return known ? std::string() : name + " is none of espeak, sherpa:FOLDER, sherpa, polly";
      })
      ->envname("SOTTO_SYNTHESISER");
  command.add_option("--aws-region", options.engines.region,
                     "Region of Amazon's engines (found as AWS's SDKs do)");
  command
      .add_flag("--fetch-models", options.fetch_models,
                "Fetch the English-Spanish translation model while serving, if it is missing")
      ->envname("SOTTO_FETCH_MODELS");
  add_model_source(command, options.models);
}

}  // namespace

void add_serve_options(CLI::App& command, ServeOptions& options) {
  add_listening(command, options);
  add_tls_options(command, options.tls);
  add_start_options(command, options.start);
  add_engines(command, options);
  command.add_option("--max-listeners", options.max_listeners, "Listeners of one talk")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_door_options(command, options.door);
  command
      .add_option(
          "--log-level", options.log_level,
          "Lowest level to log: debug, info (default, but not to a terminal), warning, error")
      ->envname("LOG_LEVEL")
      ->capture_default_str();
  add_flag_options(command, options.flag);
  command
      .add_option("--sessions", options.sessions,
                  "The store of sessions and transcripts: dynamodb:TABLE (sessions.db in the data "
                  "folder)")
      ->envname("SOTTO_SESSIONS");
  add_telemetry_options(command, options.telemetry);
  add_gates_option(command, options.gates);
  add_engine_settings(command, options.engine, FromEnvironment::yes);
  command
      .add_option(
          "--config", options.config_file,
          "TOML file with these settings, such as port = 9000; variables and options override it")
      ->envname("SOTTO_CONFIG")
      ->configurable(false);
  command
      .add_flag("--print-config", options.print_config,
                "Print each setting, its value and where it comes from, then exit")
      ->configurable(false);
  command.add_flag("--json", options.json, "With --print-config: print JSON")->configurable(false);
}

}  // namespace sotto::app
