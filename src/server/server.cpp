#include "server/server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <utility>

#include "admin/admin_server.h"
#include "net/listener.h"
#include "net/tls_client.h"
#include "options/option_report.h"
#include "process/last_words.h"
#include "process/log.h"
#include "process/open_files.h"
#include "process/signals.h"
#include "push/hub.h"
#include "push/restore.h"
#include "server/capacity.h"
#include "server/certificates.h"
#include "server/http_settings.h"
#include "server/lanes.h"
#include "server/operations.h"
#include "server/own_listener.h"
#include "server/welcome.h"
#include "store/sqlite_store.h"
#include "wire/via.h"

namespace martd {
namespace {

/// What can't be had at the start: one line, exit code 2.
struct StartError {
  std::string line;
};

LogSettings log_settings(const Options& options) { return {options.log_level, options.log_format, options.log_file}; }

class Server {
 public:
  Server(const Options& options, const Reloader& reloader)
      : options_(options), reloader_(reloader), open_files_(raise_open_files()), hub_(clock_.start()) {
    hub_.limit_memory(options_.max_memory);
    if (!options_.store.empty()) open_store();
    if (!options_.https.empty()) open_certificates();
    open_doors(options_.http, "http", false);
    open_doors(options_.https, "https", true);
    make_lanes();
    make_operations();
    if (options_.admin) open_admin(*options_.admin);
  }

  int run() {
    signals_.start();
    if (tls_) watch_certificates();
    if (options_.ktls && !net::kernel_offers_tls())
      spdlog::warn("--ktls: this kernel doesn't offer it (no tls module); records are sealed here, as without it");
    start_threads();
    announce();
    try {
      main_.run();
    } catch (const std::exception& error) {
      // The loops run: what is thrown past them would take them along without a word.
      spdlog::critical("ended by an error that nobody expected: {}", said_by(error));
      ::_exit(1);
    }
    lanes_->join();
    if (admin_) admin_->stop();
    if (!store_) return 0;
    hub_.close(clock_.now());
    if (store_->stop()) return 0;
    spdlog::error("--store: what was accepted last could not be written");
    return 1;
  }

 private:
  /// Throws where there are no more to be had, with all that were started ended.
  void start_threads() {
    try {
      if (store_) store_->start();
      if (admin_) admin_->start();
      lanes_->start();
    } catch (const std::exception&) {
      if (admin_) admin_->stop();
      if (store_) store_->stop();
      throw;
    }
  }

  void open_certificates() {
    auto read = certificates_.read(options_);
    if (const auto* wrong = std::get_if<std::string>(&read)) throw StartError{*wrong};
    tls_ = std::get<TlsPtr>(std::move(read));
    if (!certificates_.note().empty()) spdlog::info(certificates_.note());
    if (!certificates_.warning().empty()) spdlog::warn(certificates_.warning());
  }

  void open_store() {
    const std::string name = "--store: " + options_.store + ": ";
    store::StoreSettings settings{options_.store, options_.durability, {}, [name](bool wrong, const std::string& line) {
                                    spdlog::log(wrong ? spdlog::level::err : spdlog::level::info, "{}{}", name, line);
                                  }};
    auto opened = store::SqliteStore::open(std::move(settings), clock_.start());
    if (const auto* wrong = std::get_if<std::string>(&opened)) throw StartError{name + *wrong};
    store_ = std::get<std::unique_ptr<store::SqliteStore>>(std::move(opened));
    hub_.keep_in(*store_, options_.durability);
    push::Restorer restorer(hub_, clock_.now());
    if (const auto wrong = store_->load(restorer)) throw StartError{name + *wrong};
    spdlog::info("{}{} messages in {} channels", name, hub_.registry().messages(), hub_.registry().channels());
  }

  admin::StoreFigures store_figures() const {
    const store::StoreStatus status = store_->status();
    return {status.problem, status.commits,       status.entries,    status.failures,
            status.waiting, status.waiting_bytes, status.committing, status.durations};
  }

  void open_doors(const std::vector<ListenAddress>& addresses, const char* option, bool tls) {
    for (const ListenAddress& address : addresses) {
      auto listening = net::listen(address.host, address.port);
      if (const auto* wrong = std::get_if<std::string>(&listening))
        throw StartError{"--" + std::string(option) + ": " + *wrong};
      for (auto& socket : std::get<std::vector<net::ListenSocket>>(listening))
        sockets_.push_back(PublicSocket{std::move(socket), tls});
    }
    limit_silence();
  }

  /// For connections from now on.
  void limit_silence() {
    http::Settings settings;
    settings.heartbeat = options_.heartbeat;
    for (PublicSocket& listener : sockets_)
      listener.socket.limit_silence({settings.heartbeat, settings.peer_silence()});
  }

  void open_admin(const ListenAddress& address) {
    auto listening = admin::AdminServer::listen(address.host, address.port, options_.admin_token, *operations_);
    if (const auto* wrong = std::get_if<std::string>(&listening)) throw StartError{"--admin: " + *wrong};
    admin_ = std::get<std::unique_ptr<admin::AdminServer>>(std::move(listening));
  }

  void make_operations() {
    operations_ = std::make_unique<Operations>(
        Operations::Parts{clock_, hub_, count_, lanes_->workers(), !!tls_, options_.upstream.has_value(),
                          store_ ? std::function<admin::StoreFigures()>([this] { return store_figures(); }) : nullptr});
    tell_operations();
    operations_->set_accepting(true);
  }

  void tell_operations() {
    admin::Setup setup;
    for (const PublicSocket& listener : sockets_)
      setup.listening.push_back((listener.tls ? "https://" : "http://") + listener.socket.name());
    setup.prefix = options_.prefix;
    setup.max_payload = options_.max_payload;
    setup.configuration = configuration_of(options_);
    operations_->set_up(std::move(setup), max_connections_);
  }

  void make_lanes() {
    // What is open by now, two for each loop, and the admin listener's: two for each of two addresses.
    in_use_ = files_in_use() + 2 * options_.threads + (options_.admin ? 4 : 0);
    max_connections_ = connections_that_fit(options_, open_files_, in_use_);
    if (max_connections_ == 0)
      throw StartError{"too few open files: " + std::to_string(open_files_) + ", of which the server itself needs " +
                       std::to_string(in_use_ + kSpareFiles) +
                       " (taken: a higher limit, ulimit -n, or less --threads)"};
    lanes_ = std::make_unique<Lanes>(options_.threads, clock_, hub_, count_, make_settings(), tls_);
    if (options_.upstream) put_before_site(*options_.upstream);
    lanes_->listen(sockets_);
  }

  void put_before_site(const client::Site& site) {
    std::shared_ptr<const net::TlsClient> tls;
    if (site.tls) {
      auto made = net::TlsClient::make();
      if (const auto* wrong = std::get_if<std::string>(&made)) throw StartError{"--upstream: " + *wrong};
      tls = std::get<std::shared_ptr<const net::TlsClient>>(made);
    }
    lanes_->put_before(site, tls, upstream_connections(options_, open_files_));
  }

  std::shared_ptr<const http::Settings> make_settings() const {
    const auto first =
        std::find_if(sockets_.begin(), sockets_.end(), [](const PublicSocket& listener) { return listener.tls; });
    const std::uint16_t https_port = first == sockets_.end() ? 0 : first->socket.port();
    auto settings = std::make_shared<http::Settings>(http_settings(options_, max_connections_, https_port));
    settings->via = via_;
    return settings;
  }

  // --- speaking ---

  void announce() const {
    for (const PublicSocket& listener : sockets_)
      std::printf("listening %s %s\n", listener.tls ? "https" : "http", listener.socket.name().c_str());
    if (admin_)
      for (const std::string& address : admin_->addresses()) std::printf("listening admin %s\n", address.c_str());
    std::printf("ready\n");
    std::fflush(stdout);
    Welcome welcome;
    if (!sockets_.empty()) {
      const PublicSocket& first = sockets_.front();
      welcome.tls = first.tls;
      // The name that was given, rather than one of its addresses: it is what one types.
      welcome.host = first.socket.address().is_unspecified()
                         ? "localhost"
                         : (first.tls ? options_.https : options_.http).front().host;
      welcome.port = first.socket.port();
    }
    if (admin_) welcome.admin = admin_->addresses().front();
    welcome.max_connections = max_connections_;
    welcome.open_files = open_files_;
    write_to_standard_error(welcome.text(options_), options_.log_format);
  }

  // --- signals ---

  void act_on(int signal) {
    if (signal == SIGHUP) return reload();
    if (signal == SIGUSR1) return reopen_log();
    if (std::exchange(stopping_, true)) ::_exit(1);
    stop();
  }

  /// For connections from now on. Who is connected keeps what it has.
  bool read_certificates(const Options& options, std::string_view refused) {
    auto read = certificates_.read(options);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
      spdlog::error("{}: {}", refused, *wrong);
      return false;
    }
    tls_ = std::get<TlsPtr>(std::move(read));
    if (!certificates_.note().empty()) spdlog::info(certificates_.note());
    if (!certificates_.warning().empty()) spdlog::warn(certificates_.warning());
    lanes_->use(tls_);
    return true;
  }

  void watch_certificates() {
    constexpr std::chrono::seconds kEvery{1};
    watch_.expires_after(kEvery);
    watch_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (certificates_.changed() && read_certificates(options_, "certificates refused, the old ones stay") &&
          !options_.cert.empty())
        spdlog::info("certificates read again: their files have changed");
      watch_certificates();
    });
  }

  void reload() {
    auto result = reloader_(options_);
    if (const auto* wrong = std::get_if<Wrong>(&result)) {
      spdlog::error("reload refused, everything stays as it was: {}", wrong->line);
      return;
    }
    const Reload& fresh = std::get<Reload>(result);
    // The log last of what may be refused: it is in use then.
    if (tls_ && !read_certificates(fresh.options, "reload refused, everything stays as it was")) return;
    if (const auto wrong = set_log(log_settings(fresh.options))) {
      spdlog::error("reload refused, everything stays as it was: {}", *wrong);
      return;
    }
    options_ = fresh.options;
    hub_.limit_memory(options_.max_memory);
    if (admin_) admin_->set_token(options_.admin_token);
    max_connections_ = connections_that_fit(options_, open_files_, in_use_);
    limit_silence();
    tell_operations();
    lanes_->use(make_settings());
    for (const std::string& warning : fresh.warnings) spdlog::warn("{}", warning);
    for (const std::string& name : fresh.applied) spdlog::info("reload: --{} has changed", name);
    for (const std::string& name : fresh.kept)
      spdlog::warn("reload: --{} can't change while running: it needs a restart", name);
    spdlog::info("reloaded");
  }

  void stop() {
    spdlog::info("stopping");
    operations_->set_accepting(false);
    still_serving_ = lanes_->size();
    lanes_->stop(sockets_, [this] { boost::asio::post(main_, [this] { served(); }); });
    grace_.expires_after(options_.grace);
    grace_.async_wait([this](const boost::system::error_code& error) {
      if (!error) finish();
    });
  }

  void served() {
    if (--still_serving_ == 0) finish();
  }

  void finish() {
    grace_.cancel();
    watch_.cancel();
    lanes_->finish();
    main_.stop();
  }

  boost::asio::io_context main_;
  Signals signals_{main_, [this](int signal) { act_on(signal); }};  ///< before whatever has a thread
  Options options_;
  const Reloader& reloader_;
  std::size_t open_files_;
  std::size_t in_use_ = 0;  ///< files, when it was made
  std::size_t max_connections_ = 0;
  net::Clock clock_;
  std::unique_ptr<store::SqliteStore> store_;  ///< stopped before all else goes: its thread calls the hub and the loops
  push::Hub hub_;
  http::ConnectionCount count_;
  const std::string via_ = wire::via_name(std::random_device()());  ///< by it a request that comes round again is known
  Certificates certificates_{clock_};
  TlsPtr tls_;
  std::vector<PublicSocket> sockets_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<admin::AdminServer> admin_;  ///< uses the operations
  boost::asio::steady_timer grace_{main_};
  boost::asio::steady_timer watch_{main_};
  bool stopping_ = false;
  std::size_t still_serving_ = 0;
};

}  // namespace

std::optional<std::string> check_certificates(const Options& options) {
  if (options.https.empty() && options.cert.empty()) return std::nullopt;
  const net::Clock clock;
  auto read = Certificates(clock).read(options);
  if (auto* wrong = std::get_if<std::string>(&read)) return std::move(*wrong);
  return std::nullopt;
}

int run_server(const Options& options, const std::vector<std::string>& warnings, const Reloader& reloader) {
  if (const auto wrong = set_log(log_settings(options))) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto wrong = site_is_own_listener(options)) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  if (options.log_format == LogFormat::json)
    for (const std::string& warning : warnings) spdlog::warn("{}", warning);
  try {
    return Server(options, reloader).run();
  } catch (const StartError& error) {
    std::fprintf(stderr, "martd: %s\n", error.line.c_str());
  } catch (const std::exception& error) {
    // Too few descriptors or threads, mostly. What was started has been stopped.
    std::fprintf(stderr, "martd: can't start: %s\n", said_by(error).c_str());
  }
  return 2;
}

}  // namespace martd
