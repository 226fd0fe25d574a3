#include "serving/hardening.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "supervision/confinement.hpp"

namespace sotto::app {

void harden_process(const telemetry::Log& log) {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  // Where the kernel pipes cores to a program, the limit does not count; and it keeps tokens in
  // memory from what else runs as this user.
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::umask(S_IRWXG | S_IRWXO);
  for (const std::string& lack : supervision::missing_measures())
    log.write(telemetry::Level::info, "the engines' processes are confined less than they could be",
              {{"event", "confinement_lacks"}, {"lack", lack}});
}

}  // namespace sotto::app
