// The function `audio-processor` as AWS Lambda starts it: no options, all in the environment.
#include <csignal>
#include <cstdio>
#include <exception>

#include "lambda_host/function_stores.hpp"
#include "lambda_host/host.hpp"

int main() {
  std::signal(SIGPIPE, SIG_IGN);  // a closed log is an error of a write, not the end
  try {
    return sotto::lambda_host::run_lambda(sotto::lambda_host::lambda_options_of_environment(),
                                          [](const sotto::lambda_host::LambdaOptions& options) {
                                            return sotto::lambda_host::open_function_stores(
                                                options, sotto::lambda_host::open_function_flag);
                                          });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sotto: %s\n", error.what());
    return 1;
  }
}
