// The site behind pushpin: tells it to hold each request on the channel that the request names. Pushpin asks a site
// for every new subscriber; this one answers with as little work as can be, and is not counted as pushpin's.
//
//   GET /sub?id=CHANNEL, Accept: text/event-stream   -> Grip-Hold: stream
//   GET /sub?id=CHANNEL                              -> Grip-Hold: response

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

std::string answer(std::string_view request) {
  const auto line = request.substr(0, request.find('\r'));
  const auto id = line.find("?id=");
  if (id == line.npos) return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  const auto channel = line.substr(id + 4, line.find(' ', id) - id - 4);
  const bool stream = request.find("text/event-stream") != request.npos;
  std::string text = "HTTP/1.1 200 OK\r\nGrip-Channel: ";
  text += channel;
  text += stream
              ? "\r\nGrip-Hold: stream\r\nContent-Type: text/event-stream\r\nContent-Length: 6\r\n\r\n: hi\n\n"
              : "\r\nGrip-Hold: response\r\nGrip-Timeout: 300\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";
  return text;
}

void serve(int fd, std::string& begun) {
  for (auto end = begun.find("\r\n\r\n"); end != begun.npos; end = begun.find("\r\n\r\n")) {
    const auto bytes = answer(std::string_view(begun).substr(0, end + 2));
    begun.erase(0, end + 4);
    if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace

int main() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 4096) != 0) return 1;
  getsockname(listener, generic, &size);
  std::printf("listening http 127.0.0.1:%d\nready\n", ntohs(address.sin_port));
  std::fflush(stdout);

  const auto watch = [epoll](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::unordered_map<int, std::string> begun;
  std::vector<epoll_event> events(256);
  std::vector<char> bytes(65536);
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted >= 0) watch(accepted);
        continue;
      }
      const auto n = recv(fd, bytes.data(), bytes.size(), 0);
      if (n <= 0) {
        begun.erase(fd);
        close(fd);
      } else {
        serve(fd, begun[fd].append(bytes.data(), static_cast<std::size_t>(n)));
      }
    }
  }
}
