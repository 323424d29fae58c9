"use strict";
// Joins the parts, and feeds them from the server's event stream.

const figures = new Figures();
const tryBox = new TryBox();
const openChannel = new OpenChannel(() => channelList.leave());
openChannel.onTry = (name) => tryBox.use(name);
const channelList = new ChannelList((name) => openChannel.open(name));
const clients = new Clients((name) => {
  openChannel.open(name);
  byId("channels").scrollIntoView({ block: "start" });
  byId("channels").focus({ preventScroll: true });
});

let started = 0;

async function introduce() {
  const stats = await ask("/stats");
  say(byId("version"), stats.server.version);
  tryBox.listening(stats.server.listening, stats.server.prefix);
  byId("logout").hidden = stats.configuration["admin-token"] === "none";
}

function follow() {
  const source = new EventSource("/events");
  const state = (text, className) => {
    say(byId("state"), text);
    byId("state").className = className;
  };
  source.onopen = () => introduce().catch(() => {});
  source.addEventListener("recent", (event) => figures.recent(JSON.parse(event.data).seconds));
  source.addEventListener("stats", (event) => {
    const stats = JSON.parse(event.data);
    if (stats.process.start_time_seconds !== started) figures.reset();
    started = stats.process.start_time_seconds;
    state(stats.server.accepting ? "live" : "stopping", "live");
    say(byId("about"), `${stats.server.loops.length} event loops, up ${duration(stats.server.uptime_seconds)}`);
    figures.add(stats);
  });
  source.onerror = () => {
    state(source.readyState === EventSource.CLOSED ? "not connected" : "reconnecting", "lost");
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused: the login is over, which asking says too; or too many watch, which changes by itself.
    ask("/stats").catch(() => {});
    setTimeout(follow, 5000);
  };
}

follow();
