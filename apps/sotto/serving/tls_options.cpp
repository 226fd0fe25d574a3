#include "serving/tls_options.hpp"

#include "files/atomic_file.hpp"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_file = 256 * 1024;  // long chains have some 10 KiB

Result<std::string> read(const std::string& option, const std::string& file) {
  auto text = files::read_file(file, max_file);
  if (!text)
    return fail(text.error().code, option + " " + file + ": " + text.error().message, option);
  if (!*text) return fail(ErrorCode::not_found, option + " " + file + ": no such file", option);
  return std::move(**text);
}

Result<server::TlsMaterial> read_files(const TlsOptions& options) {
  auto chain = read("--tls-cert", options.certificate);
  if (!chain) return tl::unexpected(chain.error());
  auto key = read("--tls-key", options.key);
  if (!key) return tl::unexpected(key.error());
  return server::TlsMaterial{std::move(*chain), std::move(*key),
                             "--tls-cert " + options.certificate, "--tls-key " + options.key};
}

Result<server::TlsMaterial> read_or_make(const fs::path& file, const TlsSurroundings& around) {
  const auto kept = files::read_file(file, max_file);
  if (!kept) return tl::unexpected(kept.error());
  const server::HostNames host = around.names();
  const UtcTime now = around.now();
  std::string pem = kept->value_or("");
  if (!server::serves(pem, host, now)) {
    auto made = server::make_self_signed(host, now);
    if (!made) return tl::unexpected(made.error());
    pem = std::move(*made);
    if (const auto written = files::write_file(file, pem, 0600); !written)
      return tl::unexpected(written.error());
  }
  const std::string place = "--tls-self-signed " + file.string();
  return server::TlsMaterial{pem, pem, place, place};
}

}  // namespace

void add_tls_options(CLI::App& command, TlsOptions& options) {
  auto* const certificate =
      command
          .add_option("--tls-cert", options.certificate,
                      "Certificate with its chain (PEM): serve https; read again on SIGHUP")
          ->envname("SOTTO_TLS_CERT");
  command.add_option("--tls-key", options.key, "The certificate's private key (PEM)")
      ->envname("SOTTO_TLS_KEY");
  command
      .add_flag(
          "--tls-self-signed", options.self_signed,
          "Serve https with a certificate made here, for the local network: browsers warn once")
      ->excludes(certificate)
      ->envname("SOTTO_TLS_SELF_SIGNED");
}

Result<std::shared_ptr<server::TlsContext>> open_tls(const TlsOptions& options,
                                                     const fs::path& folder,
                                                     const TlsSurroundings& surroundings) {
  if (options.certificate.empty() != options.key.empty())
    return fail(ErrorCode::invalid_argument,
                options.key.empty() ? "--tls-cert needs --tls-key FILE, the certificate's key"
                                    : "--tls-key needs --tls-cert FILE, the key's certificate",
                options.key.empty() ? "--tls-key" : "--tls-cert");
  if (options.self_signed && !options.certificate.empty())
    return fail(ErrorCode::invalid_argument,
                "--tls-self-signed and --tls-cert exclude each other; leave one out",
                "--tls-self-signed");
  if (options.self_signed)
    return server::TlsContext::create([file = folder / self_signed_file, surroundings] {
      return read_or_make(file, surroundings);
    });
  if (options.certificate.empty()) return nullptr;
  return server::TlsContext::create([options] { return read_files(options); });
}

}  // namespace sotto::app
