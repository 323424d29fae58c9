#pragma once

#include <httplib.h>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "admin/inner_request.h"
#include "admin/logins.h"
#include "admin/sampler.h"
#include "admin/side_gate.h"
#include "admin/watching.h"

namespace martd::admin {

/// What the operators' listener answers: who may ask, which path is what. Thread-safe. To add a path: a row in
/// requests.cpp's table, and in docs/admin-api.md. It is long as there are many paths, each with a function of its own.
class Requests {
 public:
  /// `side` is used until close(). `host`: of --admin. `token`: empty: none is asked for.
  Requests(PublicSide& side, std::string host, std::string token);

  void start() { sampler_.start(); }
  /// `side` isn't used any more when it returns. What lasts is ended.
  void close();

  /// From the next request on; who is logged in or watches has to show it again.
  void set_token(std::string token);

  /// Whether `response` is the answer already; else the request's body is to be read, and answer() to be called.
  bool begin(const httplib::Request& request, httplib::Response& response);
  void answer(const httplib::Request& request, httplib::Response& response);

 private:
  struct Route;
  using Segments = std::vector<std::string>;
  using Handler = void (Requests::*)(const httplib::Request&, httplib::Response&, const Segments&);
  static const std::vector<Route>& routes();

  /// False: nothing is answered yet, the body has to be read first.
  bool dispatch(const httplib::Request& request, httplib::Response& response, bool body_read);
  std::string token() const;
  bool logged_in(const httplib::Request& request);

  void dashboard(const httplib::Request&, httplib::Response&, const Segments&);
  void login_page(const httplib::Request&, httplib::Response&, const Segments&);
  void login(const httplib::Request&, httplib::Response&, const Segments&);
  void logout(const httplib::Request&, httplib::Response&, const Segments&);
  void health(const httplib::Request&, httplib::Response&, const Segments&);
  void readiness(const httplib::Request&, httplib::Response&, const Segments&);
  void metrics(const httplib::Request&, httplib::Response&, const Segments&);
  void statistics(const httplib::Request&, httplib::Response&, const Segments&);
  void events(const httplib::Request&, httplib::Response&, const Segments&);
  void channels(const httplib::Request&, httplib::Response&, const Segments&);
  void channel(const httplib::Request&, httplib::Response&, const Segments&);
  void clear(const httplib::Request&, httplib::Response&, const Segments&);
  void kick(const httplib::Request&, httplib::Response&, const Segments&);
  void watch(const httplib::Request&, httplib::Response&, const Segments&);
  void subscribers(const httplib::Request&, httplib::Response&, const Segments&);
  void endings(const httplib::Request&, httplib::Response&, const Segments&);
  void publish(const httplib::Request&, httplib::Response&, const Segments&);
  void subscribe(const httplib::Request&, httplib::Response&, const Segments&);

  void pass_on(const httplib::Request&, httplib::Response&, std::string_view method, std::string_view query);

  std::string host_;
  SideGate gate_;
  Sampler sampler_;
  InnerRequests inner_;
  Watching watching_;
  mutable std::mutex mutex_;  ///< of what follows
  std::string token_;
  Logins logins_;
};

}  // namespace martd::admin
