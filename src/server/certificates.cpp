#include "server/certificates.h"

#include <vector>

#include "assets.h"
#include "net/records_check.h"
#include "process/input.h"

namespace martd {
namespace {

constexpr std::size_t kMostOfFile = std::size_t{4} << 20;

}  // namespace

Certificates::Certificates(const net::Clock& clock)
    : shared_(std::make_shared<net::TlsShared>(clock)),
      development_(assets::development_certificate().bytes, assets::development_key().bytes) {}

bool Certificates::changed() { return files_ ? watch_.look() : development_.used_up(shared_->clock.now()); }

/// Who is to seal the records. Before it is us for the first time, it is tried.
net::RecordsBy Certificates::records(const Options& options) {
  warning_.clear();
  if (options.tls_records == RecordsOf::openssl) return net::RecordsBy::openssl;
  if (!checked_) {
    const net::TlsContext::Pair pair{assets::development_certificate().bytes, assets::development_key().bytes};
    const auto made = net::TlsContext::make({&pair, 1}, shared_);
    const auto* wrong = std::get_if<std::string>(&made);
    checked_ = wrong ? *wrong : net::check_records(*std::get<TlsPtr>(made));
  }
  if (checked_->empty()) return net::RecordsBy::us;
  warning_ = "--tls-records own: it doesn't work with the OpenSSL that is here, which seals all records now (" +
             *checked_ + ")";
  return net::RecordsBy::openssl;
}

std::variant<TlsPtr, std::string> Certificates::read(const Options& options) {
  std::vector<std::string> files;  // certificate, key, certificate, …
  for (std::size_t i = 0; i < options.cert.size(); ++i) {
    files.push_back(options.cert[i]);
    files.push_back(options.cert_key[i]);
  }
  // First, so that no change falls between reading and watching.
  watch_ = FileWatch(files);
  files_ = !files.empty();
  note_.clear();

  std::vector<std::string> texts;
  for (const std::string& file : files) {
    auto text = read_file(file, kMostOfFile);
    if (const auto* unread = std::get_if<Unread>(&text))
      return (texts.size() % 2 == 0 ? "--cert: can't read " : "--cert-key: can't read ") + file + ": " + unread->why;
    texts.push_back(std::get<std::string>(std::move(text)));
  }
  std::vector<net::TlsContext::Pair> pairs;
  for (std::size_t i = 0; i < texts.size(); i += 2) pairs.push_back({texts[i], texts[i + 1]});
  if (pairs.empty()) {
    const auto [pem, fresh] = development_.at(shared_->clock.now());
    pairs.push_back({pem, assets::development_key().bytes});
    if (fresh)
      note_ =
          "--https: the packaged development certificate isn't valid now, or not for much longer: another is signed "
          "for this run";
  }

  const net::RecordsBy by = records(options);
  const auto kernel = options.ktls ? net::KernelTls::where_offered : net::KernelTls::off;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // One by one first, to say which of them is wrong.
    const auto alone = net::TlsContext::make({&pairs[i], 1}, shared_, kernel);
    if (const auto* wrong = std::get_if<std::string>(&alone))
      return "--cert: " + (files.empty() ? "the development certificate" : files[2 * i]) + ": " + *wrong;
  }
  return net::TlsContext::make(pairs, shared_, kernel, by);
}

}  // namespace martd
