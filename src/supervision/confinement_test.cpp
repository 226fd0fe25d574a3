// What a confined child cannot do. Each deed is also done without a confinement, where it succeeds,
// so that a refusal is the confinement's. What this machine's kernel has no means for is skipped.
#include "supervision/confinement.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "supervision/child_process.hpp"
#include "supervision/landlock.hpp"
#include "supervision/syscall_filter.hpp"
#include "supervision/test_support.hpp"
#include "supervision/waiting.hpp"

namespace sotto::supervision {
namespace {

/// What a child says that is given no input.
std::string said_by(const std::vector<std::string>& arguments,
                    const std::optional<Confinement>& confinement) {
  auto child = ChildProcess::start({arguments, {"PATH=/usr/bin:/bin"}, SIGKILL, confinement});
  if (!child) return child.error().message;
  const WaitLimit limit{std::chrono::steady_clock::now() + std::chrono::seconds{60}, -1, "probe"};
  std::string said;
  do {
    if (!wait_ready(child->output(), -1, limit)) return said + " (no end)";
  } while (read_some(child->output(), said));
  while (said.ends_with('\n')) said.pop_back();
  return said;
}

std::string tried(const std::string& deed, const std::string& argument,
                  const std::optional<Confinement>& confinement) {
  return said_by({CONFINEMENT_PROBE, deed, argument}, confinement);
}

bool takes_filters() {
  const auto missing = missing_measures();
  return std::none_of(missing.begin(), missing.end(), [](const std::string& what) {
    return what.find("seccomp") != std::string::npos;
  });
}

class Confined : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!takes_filters()) GTEST_SKIP() << "this kernel has no seccomp filter";
  }

  /// Refused with `error` in a confinement, and done without one.
  static void expect_refused(const std::string& deed, const std::string& argument,
                             const std::string& error, const Confinement& confinement = {}) {
    EXPECT_EQ(tried(deed, argument, confinement), error) << deed << " " << argument;
    EXPECT_EQ(tried(deed, argument, std::nullopt), "done") << deed << " " << argument;
  }

  static void expect_done(const std::string& deed, const std::string& argument,
                          const Confinement& confinement = {}) {
    EXPECT_EQ(tried(deed, argument, confinement), "done") << deed << " " << argument;
  }

  const std::string us_ = std::to_string(::getpid());
  const test::TemporaryDirectory folder_;
};

class ConfinedByLandlock : public Confined {
 protected:
  void SetUp() override {
    Confined::SetUp();
    if (landlock_version() < 3) GTEST_SKIP() << "this kernel has no Landlock";
  }
};

/// A port of the loopback that takes connections.
class Listener {
 public:
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_.get(), 8);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  std::string port() const { return std::to_string(port_); }

 private:
  UniqueFd fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
};

TEST_F(Confined, HasNoNetworkAndNoSocket) {
  const Listener listener;
  expect_refused("tcp", listener.port(), "EACCES");
  expect_refused("udp", listener.port(), "EACCES");
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
    EXPECT_EQ(tried("socket", std::to_string(family), Confinement{}), "EACCES") << family;
  expect_refused("socket", std::to_string(AF_UNIX), "EACCES");
  expect_refused("socketpair", "", "EACCES");
}

TEST_F(Confined, ChangesNoFile) {
  const std::string file = folder_.write("kept", "content");
  const std::string path = folder_.path().string();
  expect_refused("create", path + "/new", "EACCES");
  expect_refused("write", file, "EACCES");
  expect_refused("mode", file, "EPERM");
  expect_refused("owner", file, "EPERM");
  expect_refused("touch", file, "EPERM");
  expect_refused("folder", path + "/folder", "EACCES");
  expect_refused("truncate", file, "EACCES");
  expect_refused("remove", file, "EACCES");
}

TEST_F(Confined, HasNoWayToOtherProcesses) {
  expect_refused("signal", us_, "EPERM");
  expect_refused("limit", us_, "EPERM");
  expect_refused("pipe-signal", us_, "EPERM");
  expect_refused("group", "", "EPERM");
  EXPECT_EQ(tried("terminal", "", Confinement{}), "EPERM");
  EXPECT_EQ(tried("terminal", "", std::nullopt), "ENOTTY");
  expect_done("own-signal", "");
}

TEST_F(Confined, TracesNobody) {
  if (under_sanitizer) GTEST_SKIP() << "sanitizers trace";
  // Its own parent it may trace only as root: there is a process of its own to try it on.
  auto victim = ChildProcess::start({{"/bin/cat"}, {}, SIGKILL, std::nullopt});
  ASSERT_TRUE(victim);
  EXPECT_EQ(tried("ptrace", std::to_string(victim->group()), Confinement{}), "EPERM");
  const std::string unconfined = tried("ptrace", std::to_string(victim->group()), std::nullopt);
  if (unconfined != "done") GTEST_SKIP() << "this system lets nobody trace (Yama)";
}

TEST_F(Confined, HasNoNewPrivilegesAndNoCoreDump) {
  expect_refused("privileges", "", "EPERM");
  EXPECT_EQ(tried("core", "", Confinement{}), "EPERM");
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  const std::string unconfined = core.rlim_max > 0 ? "done" : "EPERM";
  EXPECT_EQ(tried("core", "", std::nullopt), unconfined);
  const std::string status = said_by({"/bin/cat", "/proc/self/status"}, Confinement{});
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos) << status;
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
  const std::size_t rights = status.find("CapEff:\t");
  ASSERT_NE(rights, std::string::npos) << status;
  const std::string effective = status.substr(rights + 8, 16);
  // CAP_DAC_READ_SEARCH at most
  EXPECT_EQ(std::stoull(effective, nullptr, 16) & ~4ULL, 0U) << effective;
}

TEST_F(Confined, HasNoOtherWayIntoTheKernel) {
  expect_refused("unshare", "", "EPERM");
  expect_refused("personality", "", "EPERM");
  EXPECT_EQ(tried("keys", "", Confinement{}), "EPERM");
  EXPECT_EQ(tried("mount", folder_.path().string(), Confinement{}), "EPERM");
  EXPECT_EQ(tried("clone3", "", Confinement{}), "ENOSYS");
  EXPECT_EQ(tried("clone3", "", std::nullopt), "EINVAL");
}

TEST_F(Confined, StartsThreadsAndNoProcesses) {
  expect_done("thread", "");
  if (!under_sanitizer) expect_refused("fork", "", "EPERM");
  expect_done("fork", "", {.starts_programs = true});
}

TEST_F(Confined, HasLimits) {
  expect_refused("descriptors", "300", "EMFILE");
  expect_refused("memory-file", "5000", "EFBIG", {.largest_file = 4096});
  expect_done("memory-file", "4096", {.largest_file = 4096});
  if (under_sanitizer) return;
  expect_refused("memory", "400", "ENOMEM", {.most_address_space = 300U << 20U});
  expect_refused("memory", "400", "ENOMEM", {.most_data = 300U << 20U});
  expect_done("memory", "100", {.most_address_space = 300U << 20U, .most_data = 300U << 20U});
}

TEST_F(ConfinedByLandlock, ReadsWhatItIsGivenAndTheSystem) {
  const std::string file = folder_.write("secret", "content");
  const std::string path = folder_.path().string();
  expect_refused("read", file, "EACCES");
  expect_refused("list", path, "EACCES");
  expect_done("read", file, {.readable = {path}});
  expect_done("list", path, {.readable = {"/nonexistent", path}});
  expect_done("read", file, {.readable = {file}});
  expect_done("read", "/usr/bin/env");
  const test::TemporaryDirectory elsewhere;
  std::filesystem::create_symlink(file, elsewhere.path() / "link");
  expect_done("read", (elsewhere.path() / "link").string(), {.readable = {elsewhere.path()}});
}

TEST_F(ConfinedByLandlock, SeesNoSecretOfItsParent) {
  expect_refused("read", "/proc/" + us_ + "/environ", "EACCES");
}

TEST_F(ConfinedByLandlock, RunsNoOtherProgram) {
  expect_refused("exec", "/bin/echo", "EACCES");
  EXPECT_EQ(tried("exec", CONFINEMENT_PROBE, Confinement{}), "no such deed");
  expect_done("exec", "/bin/echo", {.starts_programs = true});
}

TEST_F(ConfinedByLandlock, WritesWhereItIsToldTo) {
  const std::string inside = folder_.path().string() + "/inside";
  const Confinement confinement{.writable = {folder_.path()}};
  expect_done("create", inside, confinement);
  expect_done("read", folder_.write("there", "x"), confinement);
  expect_done("remove", inside, confinement);
  const test::TemporaryDirectory other;
  expect_refused("create", other.path().string() + "/outside", "EACCES", confinement);
  expect_done("write", "/dev/null", {.starts_programs = true});
  expect_refused("write", other.write("file", "x"), "EACCES", {.starts_programs = true});
}

TEST_F(ConfinedByLandlock, AScriptReadsAllAndWritesNothing) {
  const std::string script =
      folder_.write("script", "#!/bin/sh\ncat \"$0.txt\" && ! echo x 2>/dev/null >\"$0.new\"\n");
  folder_.write("script.txt", "read");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(said_by({script}, Confinement{}), "read");
  EXPECT_FALSE(std::filesystem::exists(script + ".new"));
}

TEST(Confinement, FindsTheFoldersOfPrograms) {
  EXPECT_EQ(
      program_folders("/usr/bin::bin:/opt/x/bin"),
      (std::vector<std::filesystem::path>{"/usr/bin", "/usr/lib", "/opt/x/bin", "/opt/x/lib"}));
  EXPECT_TRUE(program_folders("").empty());
}

}  // namespace
}  // namespace sotto::supervision
