#include "http_client/dns_resolver.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string_view>
#include <thread>

namespace sotto::http_client {
namespace {

using namespace std::string_view_literals;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

steady_clock::time_point in(std::chrono::milliseconds time) { return steady_clock::now() + time; }

// A name server on 127.0.0.1 (RFC 1035), which answers with what `answer` makes of a question, and
// not at all where that is empty. It is over when its socket is shut.
class NameServer {
 public:
  using Answer = std::function<std::string(const std::string& question)>;

  explicit NameServer(Answer answer) : answer_(std::move(answer)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(socket_, address, sizeof at), 0);
    EXPECT_EQ(::getsockname(socket_, address, &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    char question[512];
    for (;;) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto* const address = reinterpret_cast<sockaddr*>(&from);
      const auto got = ::recvfrom(socket_, question, sizeof question, 0, address, &size);
      if (got <= 0) return;
      const std::string answer = answer_({question, static_cast<std::size_t>(got)});
      if (!answer.empty()) ::sendto(socket_, answer.data(), answer.size(), 0, address, size);
    }
  }

  const Answer answer_;
  const int socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::thread thread_;
};

enum class Kind : char { a = 1, aaaa = 28 };

// The question's type follows its name, which ends with an empty label.
Kind kind_of(const std::string& question) {
  return static_cast<Kind>(question.at(question.find('\0', 12) + 2));
}

// The question as an answer with that code, and with the one record where there is one. What
// follows the question (EDNS) is left out.
std::string reply(const std::string& question, int code, std::string_view data = {}) {
  std::string answer = question.substr(0, question.find('\0', 12) + 5);
  answer[2] = static_cast<char>(0x84);  // an answer, with authority
  answer[3] = static_cast<char>(0x80 | code);
  answer[7] = data.empty() ? 0 : 1;  // so many records
  answer[11] = 0;                    // none additional
  if (data.empty()) return answer;
  answer += {'\xc0', '\x0c', '\0', static_cast<char>(kind_of(question)), '\0', '\x01'};
  answer += {'\0', '\0', '\0', '\x3c', '\0', static_cast<char>(data.size())};
  return answer.append(data);
}

TEST(DnsResolver, AnAddressIsItsOwn) {
  const auto v4 = look_up("127.0.0.1", in(std::chrono::seconds{0}));
  ASSERT_TRUE(v4) << v4.error().message;
  EXPECT_THAT(*v4, ElementsAre(boost::asio::ip::make_address("127.0.0.1")));
  const auto v6 = look_up("fd00:ec2::23", in(std::chrono::seconds{0}));
  ASSERT_TRUE(v6) << v6.error().message;
  EXPECT_THAT(*v6, ElementsAre(boost::asio::ip::make_address("fd00:ec2::23")));
}

TEST(DnsResolver, ThisMachineNeedsNoNameServer) {
  const auto addresses = look_up("localhost", in(std::chrono::minutes{1}), "127.0.0.1:1");
  ASSERT_TRUE(addresses) << addresses.error().message;
  for (const auto& address : *addresses) EXPECT_TRUE(address.is_loopback()) << address;
}

TEST(DnsResolver, GivesWhatTheNameServerSays) {
  NameServer server([](const std::string& question) {
    return kind_of(question) == Kind::a ? reply(question, 0, "\xc0\x00\x02\x05"sv)
                                        : reply(question, 0);
  });
  const auto addresses = look_up("ssm.example", in(std::chrono::minutes{1}), server.address());
  ASSERT_TRUE(addresses) << addresses.error().message;
  EXPECT_THAT(*addresses, ElementsAre(boost::asio::ip::make_address("192.0.2.5")));
}

TEST(DnsResolver, AnUnknownNameIsNoAddress) {
  NameServer server([](const std::string& question) { return reply(question, 3); });
  const auto addresses = look_up("nobody.example", in(std::chrono::minutes{1}), server.address());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code, ErrorCode::unavailable);
  EXPECT_THAT(addresses.error().message, HasSubstr("nobody.example"));
}

TEST(DnsResolver, ANameServerThatIsNotThereIsSaid) {
  const auto addresses = look_up("ssm.example", in(std::chrono::minutes{1}), "127.0.0.1:1");
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code, ErrorCode::unavailable);
}

TEST(DnsResolver, ASilentNameServerIsGivenUpAtTheDeadline) {
  NameServer server([](const std::string&) { return std::string(); });
  const auto addresses =
      look_up("ssm.example", in(std::chrono::milliseconds{50}), server.address());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code, ErrorCode::deadline_exceeded);
}

TEST(DnsResolver, GarbageIsNoAnswer) {
  NameServer server([](const std::string& question) { return question.substr(0, 3); });
  const auto addresses =
      look_up("ssm.example", in(std::chrono::milliseconds{50}), server.address());
  ASSERT_FALSE(addresses);
}

TEST(DnsResolver, NameServersMustBeAddresses) {
  const auto addresses = look_up("ssm.example", in(std::chrono::minutes{1}), "no address");
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace sotto::http_client
