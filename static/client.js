/* martd in the browser; client.d.ts tells all of it.
 *
 *   <script src="/client.js"></script>  or  import martd from "/client.js?module"
 *
 *   var handle = martd.sub("news", function (payload) { … });
 *   handle.cancel();
 *   martd.sub("news", show, { etag: "now", onmissed: function (count) { … } });
 *   martd.pub("news", 10, 3600, false, "", "hello", function (answer, xhr) { … });
 *
 * Every message comes once and in order, across breaks too. How:
 *
 * - A listener (a call of martd.sub) has its own cursor: the etag of the last it was told.
 * - A feed holds one request to the server, an event stream or long-polls, and tells updates: [channel, the etag before,
 *   the etag after, payloads, missed]. A listener takes an update that follows its cursor, and asks the server itself, by
 *   a poll that doesn't wait, when it finds that it is behind. So it doesn't matter who runs the feed, nor when that
 *   changes.
 * - All pages of one origin share a feed. One of them leads: it runs the feed, tells the others by a BroadcastChannel, and
 *   hears from them what they follow. It is who has a Web Lock; where there are none (plain http), a SharedWorker, which
 *   runs this file. Where neither is, or sharing fails, a page has a feed of its own.
 * - A one2one channel is never shared: a page asks for it by its own feed and with its own martd.cid.
 */
(function () {
  "use strict";
  if (self.martd) return; // a second tag: the page keeps its connection

  var page = self.document, script = page && page.currentScript; // a SharedWorker has no document
  var origin = location.protocol + "//" + location.host;
  var home = /^(https?:\/\/[^\/]+)([^?#]*)\/client\.js([?#]|$)/.exec(
    script ? script.src : typeof martdScript === "string" ? martdScript : "") || ["", origin, ""];
  var martd = (self.martd = {
    // Where the script came from, with the prefix; the page's own server is "".
    SERVER: (home[1] === origin ? "" : home[1]) + home[2],
    cid: guid(),
    HEARTBEAT: 15,
    CREDENTIALS: false,
    state: "closed",
    transport: ""
  });

  var me = guid();
  var channels = bare(); // name -> its listeners; the arrays are replaced, never changed
  var aside = bare(); // channels that the server refuses for now
  var unshared = bare(); // channels that are one2one
  var alone = !/^http/.test(origin) || !self.BroadcastChannel; // nothing is shared
  var hidden = false; // the page is frozen or left: it holds nothing
  var watchers = [];
  var said = {};
  var wanting = 0, asking = 0, late = false; // late: somebody fell behind
  var pageCursor = readPageCursor();

  // Where updates come from: our own feed; that of all pages, whose `feed` is here only where we lead.
  var own = { at: bare(), state: "closed", transport: "" };
  var shared = { at: bare(), state: "connecting", transport: "" };
  own.feed = newFeed(false, function (told) { hear(own, told); });

  // ---- what a page calls ----

  martd.sub = function (channel, callback, options) {
    channel = String(channel);
    if (!options || typeof options !== "object") options = { etag: options };
    var etag = options.etag || pageCursor[channel] || "0";
    if (/^$|^\.|^martd\.|^(cid|lastEventId|last_event_id)$|[\x00-\x1f\x7f-\x9f]/.test(channel) ||
        encodeURIComponent(channel).replace(/%../g, ".").length > 255 || typeof callback !== "function" ||
        typeof etag !== "string" || !/^(\d{1,20}|now)$/.test(etag)) {
      throw new Error('martd.sub takes a channel name, a function, and digits or "now" in a string; not ' +
        [channel, callback, etag]);
    }

    // `now` is made an etag at once: a stream that breaks before its first message must resume from somewhere.
    var listener = { channel: channel, call: callback, options: options, etag: etag, behind: etag === "now" };
    channels[channel] = (channels[channel] || []).concat(listener);
    delete aside[channel];
    wantSoon();

    return {
      cancel: function () {
        if (listener.gone) return;
        listener.gone = true;
        channels[channel] = channels[channel].filter(function (l) { return l !== listener; });
        if (!channels[channel].length) {
          delete channels[channel];
          delete unshared[channel];
        }
        wantSoon();
      }
    };
  };

  martd.pub = function (name, size, life, one2one, key, payload, callback) {
    function value(of) { return of === undefined || of === null ? "" : encodeURIComponent(of); }
    var url = martd.SERVER + "/pub?channel=" + value(name) + "&size=" + value(size) + "&life=" + value(life) +
      "&one2one=" + value(one2one) + "&key=" + value(key);
    request(url, payload === undefined || payload === null ? "" : payload, "", function (xhr) {
      if (!xhr.status) sayUnreachable();
      if (xhr.status >= 400) say("/pub: " + (parse(xhr.responseText).error || xhr.status));
      if (callback) callback(xhr.responseText, xhr);
    });
  };

  martd.etag = function (channel) {
    return channels[channel] && channels[channel][0].etag;
  };

  martd.on = function (event, callback) {
    if (event === "state") watchers.push(callback);
  };

  // ---- what the page wants ----

  function wantSoon() {
    if (!wanting) wanting = setTimeout(want);
  }

  // Tells the feeds what we follow, from where. To those that run elsewhere it is a sign of life, too.
  function want(now) {
    var mine = bare(), theirs = bare(), any;
    clearTimeout(wanting);
    wanting = 0;
    if (hidden) return;
    eachListener(function (l, name) {
      if (aside[name] || l.etag === "now") return;
      var names = sourceOf(name) === own ? mine : theirs;
      if (!names[name] || less(l.etag, names[name])) names[name] = l.etag;
      any = any || names === theirs;
    });
    own.feed.want(me, mine, now === true);
    if (any && !group) join();
    if (group) ask({ from: me, wants: theirs, now: now === true, set: [martd.SERVER, martd.CREDENTIALS, martd.HEARTBEAT] });
    settle();
  }

  function sourceOf(name) { return alone || unshared[name] ? own : shared; }

  // ---- what comes of it ----

  function hear(source, told) {
    var update = told.update, name = update && update[0];
    if (told.say) say(told.say);
    else if (told.closed) closed(source, told.closed, told.channel, told.final);
    else if (update) {
      if (source !== sourceOf(name)) return;
      if (source.at[name]) source.at[name] = update[2];
      (channels[name] || []).forEach(function (l) { take(l, update); });
      if (late) catchUp();
    } else {
      source.at = told.at;
      source.state = told.state;
      source.transport = told.transport;
      source.breaks = told.breaks;
      settle();
    }
  }

  function take(l, update) {
    var before = update[1], etag = update[2], payloads = update[3], missed = update[4];
    if (l.behind) {
      if (l.kept && l.kept.push(update) > 9999) l.kept = 0; // it will ask again
    } else if (l.etag === before ||
        // Our cursor came from a poll and lies where no message is: after an empty push, or on the server's clock.
        (before !== "0" && payloads.length < 2 && !missed && !less(l.etag, before) && less(l.etag, etag))) {
      l.etag = etag;
      if (missed) tell(l, l.options.onmissed, missed);
      payloads.forEach(function (payload) { tell(l, l.call, payload); });
    } else if (missed || less(l.etag, etag)) late = l.behind = true;
  }

  // Who is behind its feed? Who is followed now, and doesn't know it?
  function settle() {
    var show = { state: "closed", transport: "" };
    eachListener(function (l, name) {
      var source = sourceOf(name), at = source.at[name];
      if (aside[name]) return;
      if (show.state === "closed" || show.state === "open") show = source;
      if (!at) return;
      if (less(l.etag, at)) l.behind = true;
      if (l.behind || source.state !== "open" || l.open === source.breaks) return;
      l.open = source.breaks;
      tell(l, l.options.onopen);
    });
    if (show.state !== martd.state || show.transport !== martd.transport) {
      martd.state = show.state;
      martd.transport = show.transport;
      watchers.forEach(function (w) { tell({}, w, martd.state, martd.transport); });
    }
    catchUp();
  }

  // One poll that doesn't wait for all who are behind; of each channel, for those who stand at the same etag.
  function catchUp() {
    var asked = bare(), listeners = [], progress, found;
    late = false;
    if (asking || hidden) return;
    eachListener(function (l, name) {
      if (!l.behind || aside[name] || (asked[name] && asked[name] !== l.etag)) return;
      asked[name] = l.etag;
      l.kept = []; // what the feed tells meanwhile
      listeners.push(l);
    });
    if (!listeners.length) return;

    function again(delay) {
      asking = setTimeout(function () {
        asking = 0;
        catchUp();
      }, delay);
    }

    asking = 1;
    longPoll(queryOf(asked, martd.cid) + "&.wait=0", Object.keys(asked), {
      current: function () { return true; },
      alive: function () {},
      deliver: function (name, etag, payloads, missed) {
        if (etag !== asked[name]) progress = true;
        listeners.forEach(function (l) {
          if (l.channel !== name) return;
          var kept = l.kept || [];
          if (l.etag === "now") found = true;
          l.behind = l.kept = 0;
          take(l, [name, l.etag, etag, payloads, missed]);
          kept.forEach(function (update) { take(l, update); });
        });
      },
      answered: function () {
        settle();
        again(progress ? 0 : 500);
        if (found) want();
      },
      refused: function (status, text) {
        var name = status === 409 && parse(text).channel;
        again(name ? 0 : 5000 + Math.random() * 5000);
        if (name) closed(sourceOf(name), "one2one", name);
      },
      ended: function () { again(1000 + Math.random() * 4000); }
    });
  }

  // The server ended one channel, or all of a feed, or refuses it for good.
  function closed(source, reason, channel, final) {
    if (source === shared && channel) {
      unshared[channel] = true;
      return want();
    }
    if (source === shared && final) return goAlone(); // together we may ask for too much
    if (channel) {
      aside[channel] = true;
      // It may come free, as that of a page that was reloaded does.
      if (reason === "one2one") {
        setTimeout(function () {
          delete aside[channel];
          want();
        }, 5000 + Math.random() * 5000);
      }
    }
    eachListener(function (l, name) {
      if (sourceOf(name) !== source || (channel && name !== channel)) return;
      l.open = 0;
      tell(l, l.options.onclosed, reason);
    });
    want();
  }

  // ---- a feed ----

  // Runs one request for all that its pages want. `tell` gets updates; {at, state, transport, breaks}, where `at` is how
  // far the channels are that are followed; {closed, channel, final}; {say}.
  function newFeed(isShared, tell) {
    var pages = bare(), lastSeen = {};
    var cursors = bare(); // what to ask for
    var at = bare(); // what was asked for by the request that is open, and how far that is
    var link = null; // the request under way
    var timer = 0, due = 0; // of the next connect()
    var fresh = true; // the pages don't know yet that all is followed
    var breaks = 1, failures = 0; // all; in a row
    var probed = false; // a long-poll came through where streams had failed
    var streamAfter = self.fetch && self.AbortController && self.TextDecoder && self.ReadableStream ? 0 : Infinity;
    var state = "closed", kind = "";

    function want(who, names, now) {
      var changed, all = bare();
      pages[who] = names;
      lastSeen[who] = Date.now();
      Object.keys(pages).forEach(function (p) {
        if (Date.now() - lastSeen[p] > 150000) delete pages[p]; // it crashed; who lives asks every minute at least
        Object.keys(pages[p] || {}).forEach(function (name) { all[name] = true; });
      });
      Object.keys(cursors).forEach(function (name) {
        if (all[name]) return;
        delete cursors[name];
        changed = true;
      });
      Object.keys(names).forEach(function (name) {
        var missing = !cursors[name];
        // Who follows from a later etag leaves out what it has.
        if (missing || (!link && less(names[name], cursors[name]))) cursors[name] = names[name];
        changed = changed || missing;
      });
      // What changes together becomes one new request; the old one goes on meanwhile.
      if (changed) {
        fresh = true;
        if (!timer) connectSoon(link ? 10 : 0);
      } else if (link) link.check();
      else if (now || (timer && Date.now() > due)) connect(); // timers of hidden pages come late
      status();
    }

    function connectSoon(delay) {
      clearTimeout(timer);
      due = Date.now() + delay;
      timer = setTimeout(connect, delay);
    }

    function connect() {
      close();
      var poll = Date.now() < streamAfter;
      if (!Object.keys(cursors).length) return become("closed", "");
      kind = poll ? "poll" : "stream";
      if (state !== "open") become("connecting", kind);
      // After some failures a long-poll finds out whether the server is away, or streams don't come through.
      poll = poll || failures > 2;
      // A long-poll waits only when all know that they are followed.
      open(poll ? longPoll : eventStream, poll && fresh ? "&.wait=0" : "");
    }

    function close() {
      var old = link;
      clearTimeout(timer);
      link = timer = 0; // what still comes from the old one counts no more
      if (!old) return;
      clearTimeout(old.watch);
      old.stop();
    }

    // A transport(query, names, on) returns what stops it. It calls on.alive() at every sign of life, on.healthy() after more
    // than the opening, on.deliver(), and one of the others at its end.
    function open(transport, extra) {
      var poll = transport === longPoll, began = Date.now(), heard = began, limit = poll ? 45000 : 10000, isOpen, news;
      var here = bare(), my = (link = {});
      Object.keys(cursors).forEach(function (name) { here[name] = cursors[name]; });

      function mine(then) {
        return function (a, b, c, d) { if (link === my) then(a, b, c, d); };
      }

      my.check = function () {
        var overdue = Date.now() - heard - limit;
        clearTimeout(my.watch);
        if (overdue < 0) my.watch = setTimeout(my.check, -overdue);
        else {
          // Long overdue: the machine slept.
          if (!poll && overdue < 9000) giveUpStreams("the stream is mute: does a proxy buffer it (nginx: proxy_buffering off)?");
          fail(poll ? 0 : 1);
        }
      };

      my.stop = transport(queryOf(here, isShared ? "*" : martd.cid) + extra, Object.keys(here), {
        current: function () { return link === my; },
        alive: mine(function () {
          heard = Date.now();
          if (!poll) limit = martd.HEARTBEAT * 2000 + 5000; // the first byte comes at once
          if (isOpen) return;
          isOpen = true;
          probed = poll && probed;
          at = here;
          if (!poll || fresh || state !== "open") become("open", kind);
          fresh = false;
        }),
        healthy: mine(function () { failures = 0; }),
        deliver: mine(function (name, etag, payloads, missed) {
          var before = here[name];
          if (!before || cursors[name] !== before) return; // cancelled, or asked for anew
          cursors[name] = here[name] = etag;
          news = news || payloads.length || missed;
          if (etag !== before || missed) tell({ update: [name, before, etag, payloads, missed] });
        }),
        answered: mine(function () {
          if (failures > 2) probed = true;
          failures = 0;
          // No spinning where waits are cut short: by a server that stops, or a page with our cid.
          if (news || extra || Date.now() - began > 1000) connect();
          else connectSoon(Math.random() * 1000);
        }),
        closed: mine(closed),
        refused: mine(function (status, text) {
          var answer = parse(text), error = answer.error || "status " + status;
          if (status !== 409 || !isShared) tell({ say: "/sub: " + error });
          if (status !== 400 && status !== 403 && status !== 409) fail();
          else closed(status === 409 ? "one2one" : error, answer.channel, 0, true);
        }),
        ended: mine(function (pause) {
          if (!isOpen) sayUnreachable(tell);
          if (!isOpen && !poll && probed) giveUpStreams("event streams don't come through.");
          fail(pause);
        })
      });
      my.check();
    }

    function fail(pause) {
      close();
      failures++;
      breaks++;
      fresh = true;
      at = bare();
      become(navigator.onLine === false ? "offline" : "waiting", kind);
      connectSoon(pause || Math.random() * Math.min(30000, 500 * Math.pow(2, failures)));
    }

    function giveUpStreams(why) {
      tell({ say: why + " Long-polls take over for ten minutes." });
      streamAfter = Date.now() + 600000;
    }

    function closed(reason, channel, pause, final) {
      final = !channel && (final || /^(one2one|replaced|kicked)$/.test(reason));
      if (cursors[channel]) {
        delete cursors[channel];
        Object.keys(pages).forEach(function (p) { delete pages[p][channel]; });
        connect();
      } else if (final) {
        close();
        become("closed", "");
      } else fail(pause);
      tell({ closed: reason, channel: channel, final: final });
    }

    function become(to, by) {
      state = to;
      kind = by;
      status();
    }

    function status() {
      var now = bare();
      Object.keys(at).forEach(function (name) { if (cursors[name] === at[name]) now[name] = at[name]; });
      tell({ at: now, state: state, transport: kind, breaks: me + breaks });
    }

    return {
      want: want,
      close: close,
      pause: function () {
        if (link) fail();
        close();
      },
      network: function () {
        if (navigator.onLine) connect();
        else if (state === "waiting") become("offline", kind);
      }
    };
  }

  // ---- sharing ----

  var group = null; // the BroadcastChannel
  var leader = "", election = null, worker = null, ping = 0, unanswered = 0, out = [];

  function join() {
    // Pages share that ask the same server in the same way.
    var name = "martd " + [martd.SERVER, martd.CREDENTIALS];
    try {
      if (navigator.locks) {
        group = new BroadcastChannel(name);
        elect();
      } else {
        if (home[1] !== origin || !home[0]) throw origin; // a worker's script must be of the page's origin
        name = home[1] + home[2] + "/client.js " + name;
        group = new BroadcastChannel(name);
        worker = new SharedWorker(home[1] + home[2] + "/client.js", name);
        worker.onerror = goAlone;
      }
      group.onmessage = hearGroup;
      ping = setInterval(want, 10000);
    } catch (notHere) {
      goAlone();
    }
  }

  function goAlone() {
    alone = true;
    part();
    want();
  }

  function elect(steal) {
    var mine = (election = { abort: self.AbortController && new AbortController() });
    navigator.locks.request(group.name, steal ? { steal: true } : mine.abort ? { signal: mine.abort.signal } : {}, function () {
      if (election !== mine) return;
      lead();
      return new Promise(function (resolve) { mine.release = resolve; });
    })["catch"](function () {
      if (election !== mine) return;
      if (!mine.release) return goAlone(); // no locks for this page
      // Another page had no answer from us, and took it.
      standDown();
      elect();
      want();
    });
  }

  function lead() {
    answered();
    leader = me;
    shared.feed = newFeed(true, function (told) {
      if (!out.length) Promise.resolve().then(flush);
      out.push(told);
      hear(shared, told);
    });
    group.postMessage({ by: me, hello: true, told: [] });
    want();
  }

  function flush() {
    if (group) group.postMessage({ by: me, told: out });
    out = [];
  }

  function standDown() {
    if (shared.feed) shared.feed.close();
    shared.feed = null;
    leader = "";
  }

  // What we want goes to who leads, and that must answer.
  function ask(what) {
    if (shared.feed) return shared.feed.want(me, what.wants, what.now);
    group.postMessage(what);
    if (!unanswered) {
      unanswered = setTimeout(function () {
        unanswered = 0;
        if (worker) return goAlone();
        if (election.abort) election.abort.abort();
        elect(true);
      }, 5000 + Math.random() * 3000);
    }
  }

  function answered() {
    clearTimeout(unanswered);
    unanswered = 0;
  }

  function hearGroup(event) {
    var m = event.data;
    if (m.from) {
      if (!page && m.set) {
        martd.SERVER = m.set[0];
        martd.CREDENTIALS = m.set[1];
        martd.HEARTBEAT = m.set[2];
      }
      if (shared.feed) shared.feed.want(m.from, m.wants, m.now);
      return;
    }
    if (m.hello) {
      if (page) standDown();
      leader = m.by;
    }
    leader = leader || m.by;
    if (leader !== m.by) return; // one who doesn't know yet that it leads no more
    answered();
    m.told.forEach(function (told) { hear(shared, told); });
    if (m.hello) want();
  }

  function part() {
    var old = election;
    if (!group) return;
    election = null;
    if (!shared.feed) group.postMessage({ from: me, wants: {} });
    standDown();
    if (old && old.abort) old.abort.abort();
    if (old && old.release) old.release();
    group.close();
    group = null;
    clearInterval(ping);
    answered();
    shared.at = bare();
    shared.state = hidden ? "waiting" : "connecting";
  }

  // ---- transports ----

  function eventStream(query, names, on) {
    var abort = new AbortController(), decoder = new TextDecoder(), form = query.length > 4000;
    var rest = "", id, event, data, retry, healthy = false;
    query += "&.transport=sse&.format=json";

    self.fetch(martd.SERVER + "/sub" + (form ? "" : "?" + query), {
      method: form ? "POST" : "GET",
      body: form ? new URLSearchParams(query) : undefined,
      headers: { Accept: "text/event-stream" },
      credentials: martd.CREDENTIALS ? "include" : "same-origin",
      signal: abort.signal
    }).then(function (answer) {
      if (answer.status !== 200 || !/^text\/event-stream/.test(answer.headers.get("Content-Type"))) {
        return answer.text().then(function (text) { on.refused(answer.status, text); });
      }
      var body = answer.body.getReader();
      (function next() {
        body.read().then(function (piece) {
          if (piece.done) return ended();
          on.alive();
          var lines = (rest + decoder.decode(piece.value, { stream: true })).split("\n");
          rest = lines.pop();
          for (var i = 0; i < lines.length && on.current(); i++) line(lines[i]);
          if (on.current()) next();
        })["catch"](ended);
      })();
    })["catch"](ended);

    function ended() { on.ended(healthy ? 0 : retry); }

    function line(text) {
      var colon = text.indexOf(":"), field = text.slice(0, colon), value = text.slice(colon + 2);
      if (field === "data") data = value;
      else if (field === "id") id = value;
      else if (field === "event") event = value;
      else if (field === "retry") retry = +value;
      if (text && colon) return;
      if (!healthy) on.healthy((healthy = true));
      if (text || !data) return;
      var told = JSON.parse(data), kind = event;
      data = event = "";
      if (kind === "martd.closed") on.closed(told.reason, told.channel, retry);
      else if (kind === "martd.missed") on.deliver(told.channel, id.split(".")[names.indexOf(told.channel)], [], told.missed);
      else on.deliver(told.channel, told.etag, [told.base64 ? bytes(told.payload) : told.payload]);
    }

    return function () { abort.abort(); };
  }

  function longPoll(query, names, on) {
    var form = query.length > 4000, type = "application/x-www-form-urlencoded";
    var xhr = request(martd.SERVER + "/sub" + (form ? "" : "?" + query), form ? query : null, type, function () {
      if (!on.current()) return;
      if (!xhr.status) return on.ended();
      var answers = xhr.status === 200 && parse(xhr.responseText).channels;
      if (!answers) return on.refused(xhr.status, xhr.responseText);
      on.alive();
      names.forEach(function (name) {
        if (!said.hasOwnProperty.call(answers, name)) return;
        var a = answers[name];
        (a.base64 || []).forEach(function (i) { a.payload[i] = bytes(a.payload[i]); });
        on.deliver(name, a.etag, a.payload, a.missed);
      });
      on.answered();
    });
    return function () { xhr.abort(); };
  }

  function request(url, body, type, done) {
    var xhr = new XMLHttpRequest();
    xhr.open(body === null ? "GET" : "POST", url, true);
    xhr.withCredentials = martd.CREDENTIALS;
    if (type) xhr.timeout = 60000;
    if (type && body) xhr.setRequestHeader("Content-Type", type);
    xhr.onreadystatechange = function () { if (xhr.readyState === 4) done(xhr); };
    xhr.send(body);
    return xhr;
  }

  function queryOf(cursors, cid) {
    return "cid=" + encodeURIComponent(cid) + Object.keys(cursors).map(function (name) {
      return "&" + encodeURIComponent(name) + "=" + cursors[name];
    }).join("");
  }

  // ---- what the page is told ----

  function tell(listener, callback, a, b) {
    if (!callback || listener.gone) return;
    try {
      callback(a, b);
    } catch (error) {
      console.error("martd: a callback failed:", error);
    }
  }

  function say(text) {
    if (!said[text]) console.warn("martd: " + text);
    said[text] = true;
  }

  function sayUnreachable(tell) {
    if (/^http/.test(martd.SERVER) && martd.SERVER.indexOf(origin)) {
      var text = "no answer of " + martd.SERVER + " that this page may read: is it there, and run with --origin " + origin + " ?";
      tell ? tell({ say: text }) : say(text);
    }
  }

  // ---- when to come back at once, and when to let go ----

  function wake() {
    hidden = false;
    want(true);
  }

  function leave() {
    hidden = true;
    eachListener(function (l) { l.open = 0; });
    own.feed.pause();
    part();
    settle();
  }

  function network() {
    own.feed.network();
    if (shared.feed) shared.feed.network();
  }

  [
    [self, "online", network],
    [self, "offline", network],
    [page, "visibilitychange", function () { if (!page.hidden) wake(); }],
    [page && self, "pagehide", leave],
    [page && self, "pageshow", function () { if (hidden) wake(); }],
    [page, "freeze", leave],
    [page, "resume", wake]
  ].forEach(function (on) { if (on[0]) on[0].addEventListener(on[1], on[2]); });

  if (!page) {
    group = new BroadcastChannel(self.name);
    group.onmessage = hearGroup;
    lead();
  }

  // ---- small things ----

  function bare() { return Object.create(null); }

  // Of two etags; `now` is no place.
  function less(a, b) { return a.length < b.length || (a.length === b.length && a < b); }

  function eachListener(then) {
    Object.keys(channels).forEach(function (name) {
      (channels[name] || []).forEach(function (l) { then(l, name); });
    });
  }

  function parse(text) {
    try {
      return JSON.parse(text) || {};
    } catch (notJson) {
      return {};
    }
  }

  function bytes(base64) {
    return new Uint8Array(atob(base64).split("").map(function (c) { return c.charCodeAt(0); }));
  }

  function guid() {
    return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, function () {
      return Math.floor(Math.random() * 16).toString(16);
    });
  }

  // Where the channels stood when the page was made, as the proxy tells it.
  function readPageCursor() {
    var found = bare(), text = script && script.getAttribute("data-cursor");
    try {
      text = text || performance.getEntriesByType("navigation")[0].serverTiming.filter(function (t) {
        return t.name === "martd";
      })[0].description;
    } catch (noneThere) {}
    (text || "").replace(/([^&=]+)=(\d+)/g, function (all, name, etag) {
      found[decodeURIComponent(name.replace(/\+/g, " "))] = etag;
    });
    return found;
  }
})();
