#include <memory>
#include <string>

#include "options/cli.hpp"
#include "providers/sherpa/worker.hpp"

namespace sotto::app {

// Hidden: the server calls it for each neural voice, see providers/sherpa/worker.hpp.
void add_voice_worker(CLI::App& app, Run& run) {
  struct Arguments {
    std::string library, model;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("voice-worker", "A neural voice's process");
  command->group("");
  command->add_option("library", arguments->library)->required();
  command->add_option("model", arguments->model)->required();
  command->callback([arguments, &run] {
    run = [arguments] {
      return providers::sherpa::run_voice_worker(arguments->library, arguments->model);
    };
  });
}

}  // namespace sotto::app
