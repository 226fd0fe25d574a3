#include "http_client/test_server.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>

namespace sotto::http_client::testing {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

HttpRequest parse_head(std::string_view head) {
  HttpRequest request;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(request.method.size() + 1);
  request.target = request.target.substr(0, request.target.rfind(' '));
  head.remove_prefix(line.size() + 2);
  while (head.size() > 2) {
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const std::size_t colon = field.find(':');
    request.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    head.remove_prefix(field.size() + 2);
  }
  return request;
}

std::size_t body_size(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "Content-Length") return std::stoul(value);
  return 0;
}

std::string text_of(const Reply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " Some Reason\r\n";
  for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
  if (!reply.no_length) text += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  return text + "\r\n" + reply.body;
}

std::string pem_of(BIO* bio) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> owner(bio, BIO_free);
  BUF_MEM* memory = nullptr;
  BIO_get_mem_ptr(bio, &memory);
  return {memory->data, memory->length};
}

}  // namespace

Certificate Certificate::make() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_set_pubkey(certificate.get(), key.get());
  const unsigned char name[] = "a test of Sotto";
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  for (const auto& [kind, value] : {std::pair{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"},
                                    std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  BIO* const text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(text, certificate.get());
  BIO* const secret = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {pem_of(text), pem_of(secret)};
}

TestServer::TestServer(Handler handler, const Certificate* tls)
    : handler_(std::move(handler)), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
  if (tls) {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate(asio::buffer(tls->certificate), asio::ssl::context::pem);
    tls_->use_private_key(asio::buffer(tls->key), asio::ssl::context::pem);
  }
  acceptance_ = std::thread([this] { accept(); });
}

TestServer::~TestServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stops_.notify_all();
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptance_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

Endpoint TestServer::endpoint() const {
  return {tls_.has_value(), "127.0.0.1", acceptor_.local_endpoint().port(), ""};
}

std::vector<HttpRequest> TestServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void TestServer::accept() {
  while (!stopping_) {
    error_code error;
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    if (error) return;
    ++connections_;
    threads_.emplace_back([this, one = std::move(socket)]() mutable { serve(std::move(one)); });
  }
}

void TestServer::serve(tcp::socket socket) {
  const int handle = socket.native_handle();
  {
    const std::lock_guard lock(mutex_);
    sockets_.push_back(handle);
  }
  error_code error;
  if (tls_) {
    asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) converse(stream);
  } else {
    converse(socket);
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, handle);
  socket.close(error);
}

template <class Stream>
void TestServer::converse(Stream& stream) {
  std::string text;
  error_code error;
  while (!stopping_) {
    const std::size_t head =
        asio::read_until(stream, asio::dynamic_buffer(text), "\r\n\r\n", error);
    if (error) return;
    HttpRequest request = parse_head(std::string_view(text).substr(0, head));
    text.erase(0, head);
    const std::size_t size = body_size(request);
    if (text.size() < size)
      asio::read(stream, asio::dynamic_buffer(text), asio::transfer_exactly(size - text.size()),
                 error);
    if (error) return;
    request.body = text.substr(0, size);
    text.erase(0, size);
    const Reply reply = answer(request);
    {
      std::unique_lock lock(mutex_);
      stops_.wait_for(lock, reply.after, [this] { return stopping_.load(); });
    }
    std::string out = text_of(reply);
    if (reply.cut_after) out.resize(std::min(*reply.cut_after, out.size()));
    if (reply.hang_after) out.resize(std::min(*reply.hang_after, out.size()));
    asio::write(stream, asio::buffer(out), error);
    if (reply.hang_after) {
      std::unique_lock lock(mutex_);
      stops_.wait(lock, [this] { return stopping_.load(); });
    }
    if (error || reply.cut_after || reply.then_close || reply.no_length) return;
  }
}

Reply TestServer::answer(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  return handler_(request);
}

}  // namespace sotto::http_client::testing
