#pragma once

#include "../client/options.h"
#include "../client/report.h"

namespace bench {

// One file each. They throw std::runtime_error at the first message that is lost, doubled, damaged or out of order.
Report fanout(const Options& options);
Report burst(const Options& options);
Report loops(const Options& options);
Report latency(const Options& options);
Report longpoll(const Options& options);
Report idle(const Options& options);
Report proxy(const Options& options);
Report publish(const Options& options);
Report connect(const Options& options);
Report reconnect(const Options& options);
Report handshakes(const Options& options);
Report hellos(const Options& options);
Report store(const Options& options);
Report channels(const Options& options);
Report sweep(const Options& options);
Report crowd(const Options& options);
Report backlog(const Options& options);

}  // namespace bench
