#include "options/cli.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed terminal or pipe is an error of a write, not the end
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
  CLI::App app{"Sotto translates live talks while the sentence is still being spoken."};
  app.name("sotto");
  app.require_subcommand(1);
  app.set_version_flag("--version", SOTTO_VERSION);
  sotto::app::Run run;
  sotto::app::add_translate(app, run);
  sotto::app::add_serve(app, run);
  sotto::app::add_session(app, run);
  sotto::app::add_replay(app, run);
  sotto::app::add_tune(app, run);
  sotto::app::add_rollout(app, run);
  sotto::app::add_metrics(app, run);
  sotto::app::add_operator(app, run);
  sotto::app::add_lambda(app, run);
  sotto::app::add_models(app, run);
  sotto::app::add_voice_worker(app, run);
  const std::string_view name(argv[0] ? argv[0] : "");
  const bool is_bootstrap = name.substr(name.rfind('/') + 1) == "bootstrap";
  try {
    if (is_bootstrap && argc == 1)  // as AWS Lambda starts a function
      app.parse("lambda");
    else
      app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::cerr << "sotto: " << error.what() << "; see sotto --help\n";
    return sotto::app::exit_usage;
  } catch (const std::exception& error) {
    std::cerr << "sotto: " << error.what() << '\n';
    return sotto::app::exit_failure;
  }
}
