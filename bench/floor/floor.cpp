// The floor: the least program that does a push server's system calls. One epoll loop, requests told apart by their
// first bytes, messages made into wire bytes once, one bare send() for each delivery. It answers martd's interface as
// far as the benchmark asks, with heads and messages of the same form, and checks nothing.
//
//   floor          each message is sent when it is published
//   floor --join   what was published in one turn of the loop goes out in one send() for each subscriber
//   floor --tls CERTIFICATE KEY   over TLS: SSL_write() in place of send()
//
// Its sockets wait in send() when a reader is slow: the generator always reads, and a server that may not wait can
// only cost more.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kBacklog = 10;
constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store, no-transform\r\n"
    "X-Accel-Buffering: no\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nretry: 2000\n\r\n";

struct Message {
  std::uint64_t etag;
  std::string payload;
  std::string frame;   ///< for event streams: a chunk
  std::string answer;  ///< for long-polls, head and body: made when the first asks for it
};

struct Channel {
  std::uint64_t newest = 0;
  std::vector<int> streams;
  std::vector<int> polls;
  std::deque<Message> backlog;
  std::size_t pending = 0;  ///< newest messages of the backlog that wait for the end of the turn
};

/// What is known of a socket; the table's index is the descriptor.
struct Peer {
  std::uint32_t channel = 0;
  std::uint32_t place = 0;  ///< in its channel's list
  enum class Holds : std::uint8_t { nothing, stream, poll } holds = Holds::nothing;
};

bool g_join = false;
SSL_CTX* g_tls = nullptr;
std::vector<SSL*> g_ssl;  ///< by descriptor; none without TLS
int g_epoll = -1;
std::uint64_t g_origin = 0;
std::vector<Peer> g_peers;
std::vector<Channel> g_channels(1);
std::map<int, std::string> g_begun;    ///< requests that have not come whole
std::vector<std::uint32_t> g_waiting;  ///< channels with pending messages
char g_received[256 * 1024];

void send_all(int fd, std::string_view bytes) {
  if (g_tls) {
    SSL* ssl = g_ssl[static_cast<std::size_t>(fd)];
    while (SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) <= 0) {
      pollfd full{fd, POLLOUT, 0};
      if (poll(&full, 1, -1) < 0 || (full.revents & (POLLERR | POLLHUP))) return;
    }
    return;
  }
  while (!bytes.empty()) {
    const auto n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// `cN` is channel N: the name after `at`, which is moved behind it. Any other name is channel 0.
std::uint32_t channel_at(std::string_view text, std::size_t& at) {
  std::uint32_t number = 0;
  if (text[at] == 'c')
    at = static_cast<std::size_t>(std::from_chars(&text[at + 1], text.end(), number).ptr - text.begin());
  if (number >= g_channels.size()) g_channels.resize(number + 1);
  auto& channel = g_channels[number];
  if (channel.newest == 0) channel.newest = g_origin;
  return number;
}

void park(int fd, std::uint32_t number, std::vector<int>& list, Peer::Holds holds) {
  g_peers[static_cast<std::size_t>(fd)] = {number, static_cast<std::uint32_t>(list.size()), holds};
  list.push_back(fd);
}

void leave(int fd) {
  auto& peer = g_peers[static_cast<std::size_t>(fd)];
  if (peer.holds == Peer::Holds::nothing) return;
  auto& channel = g_channels[peer.channel];
  auto& list = peer.holds == Peer::Holds::stream ? channel.streams : channel.polls;
  list[peer.place] = list.back();
  g_peers[static_cast<std::size_t>(list.back())].place = peer.place;
  list.pop_back();
  peer.holds = Peer::Holds::nothing;
}

const std::string& poll_answer(std::uint32_t number, Message& message) {
  if (message.answer.empty()) {
    const auto tag = std::to_string(message.etag);
    const auto body = R"({"channels":{"c)" + std::to_string(number) + R"(":{"etag":")" + tag + R"(","payload":[")" +
                      message.payload + "\"]}}}";
    message.answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nETag: \"" + tag +
                     "\"\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  return message.answer;
}

void subscribe(int fd, std::string_view request) {
  std::size_t at = sizeof "GET /sub?" - 1;
  const auto number = channel_at(request, at);
  auto& channel = g_channels[number];
  // 'now' is no number, and then nothing is new.
  std::uint64_t seen = channel.newest;
  std::from_chars(&request[at + 1], request.end(), seen);
  if (request.substr(0, request.find('\r')).find("=sse") != request.npos) {
    std::string head(kStreamHead);
    for (const auto& message : channel.backlog) {
      if (message.etag > seen) head += message.frame;
    }
    park(fd, number, channel.streams, Peer::Holds::stream);
    send_all(fd, head);
  } else if (seen < channel.newest) {
    // One message at a time is all that the long-poll question lets a client miss.
    send_all(fd, poll_answer(number, channel.backlog.back()));
  } else {
    park(fd, number, channel.polls, Peer::Holds::poll);
  }
}

/// Sends the newest `count` messages of a channel to all who wait on it.
void deliver(std::uint32_t number, std::size_t count) {
  auto& channel = g_channels[number];
  const auto first = channel.backlog.size() - count;
  std::string joined;
  std::string_view bytes = channel.backlog.back().frame;
  if (count > 1) {
    for (std::size_t i = first; i < channel.backlog.size(); ++i) joined += channel.backlog[i].frame;
    bytes = joined;
  }
  for (const int fd : channel.streams) send_all(fd, bytes);
  for (const int fd : channel.polls) {
    g_peers[static_cast<std::size_t>(fd)].holds = Peer::Holds::nothing;
    send_all(fd, poll_answer(number, channel.backlog.back()));
  }
  channel.polls.clear();
}

void publish(int fd, std::string_view target, std::string_view payload) {
  std::size_t at = sizeof "POST /pub?channel=" - 1;
  const auto number = channel_at(target, at);
  auto& channel = g_channels[number];
  const auto tag = std::to_string(++channel.newest);
  // Messages that wait for the end of the turn may not be dropped before it.
  if (channel.backlog.size() >= kBacklog && channel.pending < kBacklog) channel.backlog.pop_front();
  auto& message = channel.backlog.emplace_back();
  message.etag = channel.newest;
  message.payload = payload;
  const std::size_t size = sizeof "id: \ndata: \n\n" - 1 + tag.size() + payload.size();
  char digits[16];
  message.frame.reserve(size + 12);
  message.frame.append(digits, std::to_chars(digits, digits + sizeof digits, size, 16).ptr);
  message.frame.append("\r\nid: ").append(tag).append("\ndata: ").append(payload).append("\n\n\r\n");
  const auto body = "{\"etag\":\"" + tag +
                    "\",\"subscribers\":" + std::to_string(channel.streams.size() + channel.polls.size()) + "}";
  const auto answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  if (!g_join) {
    deliver(number, 1);
  } else if (channel.pending++ == 0) {
    g_waiting.push_back(number);
  }
  send_all(fd, answer);
}

/// Serves the whole requests at the front of `bytes`; returns how much they were.
std::size_t serve(int fd, std::string_view bytes) {
  std::size_t served = 0;
  while (true) {
    const auto rest = bytes.substr(served);
    const auto head_end = rest.find("\r\n\r\n");
    if (head_end == rest.npos) return served;
    std::size_t length = 0;
    if (rest[0] == 'P') {
      constexpr std::string_view kLength = "Content-Length: ";
      const auto at = rest.find(kLength);
      if (at < head_end) std::from_chars(&rest[at + kLength.size()], rest.end(), length);
      if (rest.size() < head_end + 4 + length) return served;
      publish(fd, rest.substr(0, head_end), rest.substr(head_end + 4, length));
    } else {
      subscribe(fd, rest);
    }
    served += head_end + 4 + length;
  }
}

void read_from(int fd) {
  auto n = g_tls ? SSL_read(g_ssl[static_cast<std::size_t>(fd)], g_received, sizeof g_received)
                 : recv(fd, g_received, sizeof g_received, MSG_DONTWAIT);
  if (n <= 0) {
    if (g_tls && SSL_get_error(g_ssl[static_cast<std::size_t>(fd)], static_cast<int>(n)) == SSL_ERROR_WANT_READ) return;
    if (!g_tls && n < 0 && errno == EAGAIN) return;
    if (g_tls) SSL_free(std::exchange(g_ssl[static_cast<std::size_t>(fd)], nullptr));
    leave(fd);
    g_begun.erase(fd);
    close(fd);
    return;
  }
  const std::string_view fresh(g_received, static_cast<std::size_t>(n));
  const auto begun = g_begun.empty() ? g_begun.end() : g_begun.find(fd);
  if (begun == g_begun.end()) {
    const auto served = serve(fd, fresh);
    if (served < fresh.size()) g_begun[fd] = fresh.substr(served);
  } else {
    begun->second += fresh;
    begun->second.erase(0, serve(fd, begun->second));
    if (begun->second.empty()) g_begun.erase(begun);
  }
}

/// Waits for the client: the generator's handshakes come one by one.
bool shake_hands(int fd) {
  SSL* ssl = SSL_new(g_tls);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) != 1) {
    SSL_free(ssl);
    return false;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (g_ssl.size() <= static_cast<std::size_t>(fd)) g_ssl.resize(static_cast<std::size_t>(fd) + 1);
  g_ssl[static_cast<std::size_t>(fd)] = ssl;
  return true;
}

void accept_all(int listener) {
  for (int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); fd >= 0;
       fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (g_tls && !shake_hands(fd)) {
      close(fd);
      continue;
    }
    if (g_peers.size() <= static_cast<std::size_t>(fd)) g_peers.resize(static_cast<std::size_t>(fd) + 1);
    g_peers[static_cast<std::size_t>(fd)] = {};
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(g_epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

int listen_somewhere() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 4096) != 0) std::exit(1);
  getsockname(listener, generic, &size);
  std::printf(g_tls ? "listening https 127.0.0.1:%d\nready\n" : "listening http 127.0.0.1:%d\nready\n",
              ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  g_join = argc > 1 && std::string_view(argv[1]) == "--join";
  if (argc > 3 && std::string_view(argv[1]) == "--tls") {
    g_tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(g_tls, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(g_tls, argv[3], SSL_FILETYPE_PEM) != 1)
      return 1;
    SSL_CTX_set_session_cache_mode(g_tls, SSL_SESS_CACHE_OFF);
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  timespec birth{};
  clock_gettime(CLOCK_REALTIME, &birth);
  g_origin = static_cast<std::uint64_t>(birth.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(birth.tv_nsec);

  g_epoll = epoll_create1(EPOLL_CLOEXEC);
  const int listener = listen_somewhere();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  epoll_ctl(g_epoll, EPOLL_CTL_ADD, listener, &event);
  std::vector<epoll_event> events(512);
  while (true) {
    const int ready = epoll_wait(g_epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        accept_all(listener);
      } else {
        read_from(fd);
      }
    }
    for (const auto number : g_waiting) {
      auto& channel = g_channels[number];
      deliver(number, channel.pending);
      channel.pending = 0;
      while (channel.backlog.size() > kBacklog) channel.backlog.pop_front();
    }
    g_waiting.clear();
  }
}
