#include "tests/support/moto_server.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <thread>

#include "providers/aws/credentials/credential_source.hpp"

namespace sotto::testing {

namespace aws = providers::aws;

namespace {

std::uint16_t free_port() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

class TestKeys : public aws::CredentialSource {
 public:
  Result<aws::Credentials> credentials() override {
    aws::Credentials keys;
    keys.access_key_id = keys.secret_access_key = "testing";
    return keys;
  }
  void reject(const aws::Credentials&) override {}
};

aws::Endpoint endpoint_of(const std::string& url) {
  return aws::parse_endpoint(url, "moto_server").value();
}

}  // namespace

bool MotoServer::installed() {
  return ::access(SOTTO_TEST_PYTHON "/installed-requirements.txt", F_OK) == 0;
}

MotoServer* MotoServer::shared() {
  if (!installed()) return nullptr;
  static const auto server = start();
  if (!server) throw std::runtime_error("moto_server does not start: " + server.error().message);
  return server->get();
}

Result<std::unique_ptr<MotoServer>> MotoServer::start() {
  const std::uint16_t port = free_port();
  supervision::ChildCommand command;
  command.confinement.reset();
  command.arguments = {SOTTO_TEST_PYTHON "/bin/moto_server", "-p", std::to_string(port)};
  for (char** variable = environ; *variable; ++variable)
    command.environment.emplace_back(*variable);
  auto process = supervision::ChildProcess::start(command);
  if (!process) return tl::unexpected(process.error());
  auto server = std::unique_ptr<MotoServer>(new MotoServer(port, std::move(*process)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (std::chrono::steady_clock::now() < deadline && !server->process_.exit_code()) {
    if (!server->answers("GET", "/moto-api/")) {
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
      continue;
    }
    server->warm_up();
    return server;
  }
  const auto code = server->process_.exit_code();
  return fail(ErrorCode::unavailable, code ? "it ended with " + std::to_string(*code)
                                           : std::string("it does not answer for a minute"));
}

bool MotoServer::answers(const std::string& method, const std::string& path) const {
  aws::HttpRequest request;
  request.method = method;
  request.target = path;
  const auto http = aws::HttpClient::create({});
  const auto answer = (*http)->send(endpoint_of(url()), request, std::chrono::seconds{20});
  return answer && answer->status == 200;
}

void MotoServer::warm_up() const {
  const aws::CallOptions patient{std::chrono::seconds{60}, 1};
  const auto anybody = client();
  (void)anybody->call(aws::services::ssm, "DescribeParameters", {}, patient);
  (void)anybody->call(aws::services::cloudwatch, "ListMetrics", {}, patient);
  (void)anybody->rest(aws::services::lambda, "ListFunctions",
                      {"GET", "/2015-03-31/functions", {}, {}, {}}, patient);
}

void MotoServer::reset() {
  if (!answers("POST", "/moto-api/reset")) throw std::runtime_error("moto_server is gone");
}

std::shared_ptr<aws::Client> MotoServer::client() const {
  aws::ClientConfig config;
  config.region = "eu-west-1";
  config.endpoints[""] = endpoint_of(url());
  return std::make_shared<aws::Client>(config, std::make_shared<TestKeys>(),
                                       aws::HttpClient::create({}).value());
}

}  // namespace sotto::testing
