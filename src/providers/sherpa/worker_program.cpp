// A voice's process for tests, as `sotto voice-worker LIBRARY MODEL` is one.
#include <csignal>

#include "providers/sherpa/worker.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc != 4) return 2;
  return sotto::providers::sherpa::run_voice_worker(argv[2], argv[3]);
}
