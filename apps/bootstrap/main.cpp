// The function `audio-processor` as AWS Lambda starts it: no options, all in the environment.
#include <csignal>
#include <cstdio>
#include <exception>

#include "function_stores.hpp"
#include "host.hpp"

int main() {
  std::signal(SIGPIPE, SIG_IGN);  // a closed log is an error of a write, not the end
  try {
    return sotto::app::run_lambda(
        sotto::app::lambda_options_of_environment(), [](const sotto::app::LambdaOptions& options) {
          return sotto::app::open_function_stores(options, sotto::app::open_function_flag);
        });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sotto: %s\n", error.what());
    return 1;
  }
}
