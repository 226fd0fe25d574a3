// Delivery to many: one talk, thousands of listeners, 5 captions a second, through the real server
// and real sockets. Each round is beside the floor, measured in the same run with the same crowd:
// one thread that waits with epoll and send()s a prepared frame to each socket; and beside the same
// over TLS.
//
//   listeners [SECONDS A ROUND] [ROUNDS]
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/tls/self_signed.hpp"
#include "server/server.hpp"
#include "server/websocket/wire_message.hpp"
#include "support/listener_crowd.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/memory_session_store.hpp"
#include "tests/support/test_flag.hpp"

namespace {

using namespace sotto;
using bench::CrowdReport;
using bench::ListenerCrowd;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds pace{200};  // 5 captions a second

std::uint64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

double cpu_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void pin(int core) {
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  (void)::sched_setaffinity(0, sizeof cores, &cores);
}

// As long as a caption of a talk, and no longer: the engine makes two of more than 14 words
// (engine::Settings::segment_words), and a delivery of two is not to be held against one send().
std::string words(std::uint64_t number) {
  return "the harbour reconstruction committee will publish its recommendations before the autumn "
         "#" +
         std::to_string(number) + "@" + std::to_string(now_ns()) + " .";
}

struct Round {
  CrowdReport crowd;
  double cpu_us_a_delivery = 0;
};

enum class Transport : std::uint8_t { plain, tls };

std::shared_ptr<const server::TlsContext> tls_of(Transport transport) {
  if (transport == Transport::plain) return nullptr;
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  const std::string pem = *server::make_self_signed({{"localhost"}, {}}, now);
  return *server::TlsContext::create([pem] {
    return Result<server::TlsMaterial>({pem, pem, "certificate", "key"});
  });
}

// Of this process, in KiB: what is really there.
double resident_kb() {
  std::ifstream statm("/proc/self/statm");
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

void print(const char* name, const Round& round) {
  std::printf(
      "%-8s %9llu delivered, %llu missing, %llu unexpected, p50 %6.2f ms, p99 %6.2f ms, "
      "max %6.2f ms, %5.2f us of CPU each\n",
      name, static_cast<unsigned long long>(round.crowd.received),
      static_cast<unsigned long long>(round.crowd.missing),
      static_cast<unsigned long long>(round.crowd.unexpected), round.crowd.p50_ms,
      round.crowd.p99_ms, round.crowd.max_ms, round.cpu_us_a_delivery);
  std::fflush(stdout);
}

// Each listener got each caption once: what a delivery costs is of as many as were meant.
bool as_meant(const Round& round) {
  return round.crowd.missing == 0 && round.crowd.unexpected == 0;
}

const char* verdict(bool as_meant) {
  return as_meant ? "nothing lost" : "CAPTIONS WERE LOST OR UNEXPECTED";
}

// A socket that was asked for an upgrade, as the server's are: one that has never been written to
// acknowledges at once, in the reader's time, one that has does so by a timer, in the sender's.
int accept_listener(int accepting, int epoll) {
  const int fd = ::accept4(accepting, nullptr, nullptr, SOCK_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  std::array<char, 1024> request;
  while (::recv(fd, request.data(), request.size(), 0) <= 0) ::epoll_wait(epoll, &event, 1, 100);
  constexpr std::string_view answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  return fd;
}

// The floor: accepts, then sends each frame to every socket; epoll would tell of one that is full.
Round floor_round(ListenerCrowd& crowd, std::size_t listeners, int captions, int core) {
  const int accepting = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(accepting, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(accepting, 4096);
  ::getsockname(accepting, reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<int> sockets;
  Round round;
  std::thread sender([&] {
    pin(core);
    const int epoll = ::epoll_create1(0);
    while (sockets.size() < listeners) sockets.push_back(accept_listener(accepting, epoll));
    std::array<epoll_event, 64> events;
    const double before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    auto next = Clock::now();
    for (int i = 1; i <= captions; ++i) {
      const auto message = server::text_message(
          R"({"type":"caption","seq":)" + std::to_string(i) + R"(,"segment":)" + std::to_string(i) +
          R"(,"lang":"en","text":")" + words(static_cast<std::uint64_t>(i)) +
          R"(","provisional":"","final":true,"translated":true,"start":0.0,"end":1.2})");
      const std::string_view frame = message->frame();
      for (const int fd : sockets) ::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
      next += pace;
      while (Clock::now() < next)
        ::epoll_wait(
            epoll, events.data(), events.size(),
            static_cast<int>(std::chrono::ceil<milliseconds>(next - Clock::now()).count()));
    }
    round.cpu_us_a_delivery = (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before) * 1e6 /
                              static_cast<double>(listeners) / captions;
    ::close(epoll);
  });
  crowd.connect({.port = ntohs(address.sin_port),
                 .listeners = listeners,
                 .path = "/",
                 .core = core < 0 ? -1 : 1 - core});
  sender.join();
  round.crowd = crowd.report(static_cast<std::uint64_t>(captions), 10'000);
  for (const int fd : sockets) ::close(fd);
  ::close(accepting);
  return round;
}

// The server with one thread for everything.
class Talk {
 public:
  Talk(std::size_t listeners, int core, Transport transport = Transport::plain) {
    pipeline::SessionParts parts;
    parts.recogniser = &recogniser_;
    parts.translator = &translator_;
    parts.cache = &cache_;
    parts.store = &store_;
    server::ServerConfig config;
    config.door.connections = {1'000'000, 1'000'000, 32};  // the crowd is one client
    config.port = 0;
    config.tls = tls_of(transport);
    config.application.flag = flag_.access();
    config.application.telemetry = flag_.telemetry();
    config.application.phases = flag_.phases();
    config.application.sessions.max_listeners = listeners;
    auto server = server::Server::create(config, io_, parts, &log_);
    if (!server) throw std::runtime_error(server.error().message);
    server_ = std::move(*server);
    const auto session = server_->application().handle({"POST", "/v1/sessions", {}, {}, {}, {}});
    id_ = std::string(boost::json::parse(session.body).at("session_id").as_string());
    thread_ = std::thread([this, core] {
      pin(core);
      io_.run();
    });
  }

  ~Talk() {
    server_->stop(milliseconds{0});
    thread_.join();
  }

  std::uint16_t port() const { return server_->port(); }
  std::string path() const { return "/v1/sessions/" + id_ + "/captions?lang=en"; }

  // CPU seconds that all threads of this process took.
  double say(int captions) {
    const double before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    auto next = Clock::now();
    for (int i = 0; i < captions; ++i) {
      ++said_;
      const auto at = at_ms(static_cast<milliseconds::rep>(said_) * 10'000);
      recogniser_.say(
          testing::final_result(words(said_), {.id = "r" + std::to_string(said_), .start = at}));
      next += pace;
      std::this_thread::sleep_until(next);
    }
    return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
  }

  std::uint64_t said() const { return said_; }

 private:
  testing::TestFlag flag_;
  testing::FakeRecogniser recogniser_;
  testing::FakeTranslator translator_;
  testing::MemorySessionStore store_;
  pipeline::TranslationCache cache_;
  telemetry::Log log_{telemetry::Level::error, [](const std::string&) {}, telemetry::utc_timestamp};
  boost::asio::io_context io_{1};
  std::unique_ptr<server::Server> server_;
  std::string id_;
  std::thread thread_;
  std::uint64_t said_ = 0;
};

Round server_round(ListenerCrowd& crowd, std::size_t listeners, int captions, int core,
                   Transport transport = Transport::plain) {
  Talk talk(listeners, core, transport);
  crowd.connect({.port = talk.port(),
                 .listeners = listeners,
                 .path = talk.path(),
                 .core = core < 0 ? -1 : 1 - core,
                 .tls = transport == Transport::tls});
  Round round;
  round.cpu_us_a_delivery = talk.say(captions) * 1e6 / static_cast<double>(listeners) / captions;
  round.crowd = crowd.report(talk.said(), 10'000);
  return round;
}

// Some do not read until the talk is over, then do.
Round stalled_round(ListenerCrowd& crowd, std::size_t listeners, std::size_t stalled,
                    int captions) {
  Talk talk(listeners, -1);
  crowd.connect(
      {.port = talk.port(), .listeners = listeners, .path = talk.path(), .stalled = stalled});
  Round round;
  round.cpu_us_a_delivery = talk.say(captions) * 1e6 / static_cast<double>(listeners) / captions;
  crowd.resume();
  round.crowd = crowd.report(talk.said(), 30'000);
  return round;
}

struct Cost {
  double kb = 0, handshake_us = 0;
};

// What a connection costs, in a process that has had none before: KiB once captions have gone over
// all of them, and the CPU of its opening. Forks: before this process has threads.
Cost connection_cost(std::size_t listeners, Transport transport) {
  int answer[2];
  if (::pipe(answer) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    Cost cost;
    {
      ListenerCrowd crowd;
      Talk talk(listeners, 0, transport);
      const double before = resident_kb(), cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
      crowd.connect({.port = talk.port(),
                     .listeners = listeners,
                     .path = talk.path(),
                     .core = 1,
                     .tls = transport == Transport::tls});
      const auto all = static_cast<double>(listeners);
      cost.handshake_us = (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / all;
      talk.say(5);
      cost.kb = (resident_kb() - before) / all;
      (void)crowd.report(talk.said(), 10'000);
    }
    const bool told = ::write(answer[1], &cost, sizeof cost) == sizeof cost;
    std::_Exit(told ? 0 : 1);
  }
  ::close(answer[1]);
  Cost cost;
  const bool told = ::read(answer[0], &cost, sizeof cost) == sizeof cost;
  ::close(answer[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) throw std::runtime_error("no cost was measured");
  return cost;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 8;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const int captions = seconds * 5;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const Cost plain_cost = connection_cost(2000, Transport::plain),
             tls_cost = connection_cost(2000, Transport::tls);
  std::printf(
      "memory a listener: plain %.1f KiB, with TLS %.1f KiB (at most 20), ratio %.1f; its opening: "
      "%.0f and %.0f us of CPU\n\n",
      plain_cost.kb, tls_cost.kb, tls_cost.kb / plain_cost.kb, plain_cost.handshake_us,
      tls_cost.handshake_us);

  ListenerCrowd crowd;

  std::printf("2,000 listeners, 5 captions/s, %d s a round\n", seconds);
  std::vector<double> ratios, tls_ratios;
  bool all_as_meant = true;
  double worst_p99 = 0;
  for (int i = 0; i < rounds; ++i) {
    const Round floor = floor_round(crowd, 2000, captions, 0);
    print("floor", floor);
    const Round server = server_round(crowd, 2000, captions, 0);
    print("server", server);
    const Round tls = server_round(crowd, 2000, captions, 0, Transport::tls);
    print("with TLS", tls);
    ratios.push_back(server.cpu_us_a_delivery / floor.cpu_us_a_delivery);
    tls_ratios.push_back(tls.cpu_us_a_delivery / server.cpu_us_a_delivery);
    all_as_meant = all_as_meant && as_meant(floor) && as_meant(server) && as_meant(tls);
    worst_p99 = std::max(worst_p99, server.crowd.p99_ms);
  }
  std::printf(
      "CPU a delivery, server to floor: %.2f (at most 1.25); p99 %.1f ms (at most 50); %s\n",
      median(ratios), worst_p99, verdict(all_as_meant));
  std::printf("CPU a delivery, with TLS to plain: %.2f\n\n", median(tls_ratios));
  std::printf("2,000 listeners, 100 of whom stop reading for a minute's captions (300)\n");
  const Round stalled = stalled_round(crowd, 2000, 100, 300);
  print("server", stalled);
  std::printf("%llu were cut off, %llu came back with `since`: %s\n\n",
              static_cast<unsigned long long>(stalled.crowd.closed),
              static_cast<unsigned long long>(stalled.crowd.resumed), verdict(as_meant(stalled)));

  std::printf("10,000 listeners, the server on one core\n");
  const Round many = server_round(crowd, 10'000, captions, 0);
  print("server", many);
  std::printf("%s\n", verdict(as_meant(many)));
  all_as_meant = all_as_meant && as_meant(stalled) && as_meant(many);
  return all_as_meant ? 0 : 1;
}
