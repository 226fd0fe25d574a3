#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "providers/aws/client/client.hpp"
#include "supervision/child_process.hpp"

namespace sotto::testing {

/// moto_server (https://docs.getmoto.org), which answers as AWS does, on a free port of this
/// machine, for as long as the test program runs: the one of tests/python/venv, which is pinned.
class MotoServer {
 public:
  /// The program's own, started at the first call, which must be made by the main thread. Null
  /// where moto_server is not installed; then `why_not` says so. Throws where it is and does not
  /// start.
  static MotoServer* shared();
  static bool installed();
  static inline const char* const why_not =
      "moto_server is not installed (./test or scripts/test-peers installs it)";

  /// `why_not` where moto_server is not installed, else empty.
  static std::string missing() { return installed() ? "" : why_not; }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Forgets all that was made there.
  void reset();

  /// A client of it.
  std::shared_ptr<providers::aws::Client> client() const;

 private:
  MotoServer(std::uint16_t port, supervision::ChildProcess process)
      : port_(port), process_(std::move(process)) {}
  static Result<std::unique_ptr<MotoServer>> start();
  /// The first call of a service takes seconds, while its code is loaded.
  void warm_up() const;
  bool answers(const std::string& method, const std::string& path) const;

  std::uint16_t port_;
  supervision::ChildProcess process_;
};

}  // namespace sotto::testing
