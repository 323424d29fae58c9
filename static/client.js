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
  var page = self.document, // a SharedWorker has none
    script = page && page.currentScript,
    had = self.hasOwnProperty("martd") && self.martd; // an element of that name isn't its own
  if (had && had.sub) {
    // A second tag, or the same again, as Turbo does it: the page keeps its connection, and what it follows from now on
    // begins where the tag says.
    if (had.again) had.again(script);
    return;
  }

  var origin = location.protocol + "//" + location.host,
    home = /^(https?:\/\/[^\/]+)([^?#]*)\/client\.js(?=[?#]|$)/.exec(script ? script.src : self.martdScript) || ["", "", ""],
    martd = (self.martd = {
      // Where the script came from, with the prefix; the page's own server is "".
      SERVER: (home[1] === origin ? "" : home[1]) + home[2],
      cid: guid(),
      HEARTBEAT: 15,
      CREDENTIALS: false,
      state: "closed",
      transport: ""
    }),
    me = guid(),
    channels = bare(), // name -> its listeners; the arrays are replaced, never changed
    aside = bare(), // channels that the server refuses for now
    unshared = bare(), // channels that are one2one
    web = /^http/.test(origin),
    alone = !web || !self.BroadcastChannel, // nothing is shared
    hidden = false, // the page is frozen or left: it holds nothing
    watchers = [],
    said = {},
    wanting = 0, asking = 0, late = false, // late: somebody fell behind
    pageCursor = readPageCursor(script);

  // Where updates come from: our own feed; that of all pages, whose `feed` is here only where we lead.
  var own = { status: status("closed") }, shared = { status: status("connecting") };
  own.feed = newFeed(false, function (told) { learn(own, told); });

  // ---- what a page calls ----

  martd.sub = function (channel, callback, options) {
    channel = String(channel);
    if (Object(options) !== options) options = { etag: options };
    var etag = options.etag || pageCursor[channel] || "0";
    if (/^\.|^martd\.|[\x00-\x1f\x7f-\x9f]/.test(channel) ||
        /^(cid|lasteventid)?$/i.test(channel.replace(/^evs_|[-_]/gi, "")) ||
        encodeURIComponent(channel).replace(/%../g, ".").length > 255 || typeof callback !== "function" ||
        typeof etag !== "string" || !/^(\d{1,20}|now)$/.test(etag)) {
      throw new Error('martd.sub takes a channel name, a function, digits or "now" in a string; not ' + [channel, callback, etag]);
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
    var query = queryOf({ channel: name, size: size, life: life, one2one: one2one, key: key });
    request("/pub?" + query, given(payload), function (xhr) {
      if (!xhr.status) say(noAnswer());
      if (xhr.status >= 400) say("/pub: " + (parse(xhr.responseText).error || xhr.status));
      if (callback) callback(xhr.responseText, xhr);
    });
  };

  // For the tag that is run again, not for pages.
  martd.again = function (tag) {
    if (tag && tag.hasAttribute("data-cursor") && !tag.src.indexOf(home[0])) pageCursor = readPageCursor(tag);
  };

  martd.etag = function (channel) {
    return channels[channel] && channels[channel][0].etag;
  };

  martd.on = function (event, callback) {
    if (event === "state") watchers.push(callback);
  };

  // ---- what the page wants ----

  function wantSoon() {
    if (!wanting) wanting = setTimeout(function () { want(); });
  }

  // Tells the feeds what we follow, from where. To those that run elsewhere it is a sign of life, too.
  function want(now) {
    var mine = bare(), theirs = bare(), any;
    clearTimeout(wanting);
    wanting = 0;
    if (hidden) return;
    eachOne(function (l, name) {
      if (aside[name] || l.etag === "now") return;
      var names = sourceOf(name) === own ? mine : theirs;
      if (!names[name] || less(l.etag, names[name])) names[name] = l.etag;
      any = any || names === theirs;
    });
    own.feed.want(me, mine, now);
    if (any && !group) join();
    if (group) ask({ from: me, wants: theirs, now: now, martd: JSON.stringify(martd) });
    settle();
  }

  function sourceOf(name) { return alone || unshared[name] ? own : shared; }

  // ---- what comes of it ----

  function learn(source, told) {
    var update = told.update, name = update && update[0];
    if (told.closed) closed(source, told.closed, told.channel, told.final);
    else if (update) {
      if (source !== sourceOf(name)) return;
      if (source.status.at[name]) source.status.at[name] = update[2];
      (channels[name] || []).forEach(function (l) { take(l, update); });
      if (late) catchUp();
    } else if (told.at) {
      source.status = told;
      settle();
    } else say(told.say);
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
    var show = status("closed");
    eachOne(function (l, name) {
      var now = sourceOf(name).status, at = now.at[name];
      if (aside[name]) return;
      if (show.state === "closed" || show.state === "open") show = now;
      if (now.state !== "open") l.open = 0;
      if (!at) return;
      // Who is ahead may have heard more than the feed, or of a server that is no more: that is asked once.
      if (less(l.etag, at) || (!l.sure && l.etag !== at)) l.behind = true;
      if (l.behind || l.open === now.turn) return;
      l.open = now.turn;
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
    var asked = bare(), listeners = [], moved, found;
    late = false;
    if (asking || hidden) return;
    eachOne(function (l, name) {
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
    longPoll(query(martd.cid, asked, true), {
      current: bare, // always
      alive: bare,
      deliver: function (name, etag, payloads, missed) {
        if (etag !== asked[name]) moved = true;
        listeners.forEach(function (l) {
          if (l.channel !== name) return;
          var kept = l.kept || [];
          if (l.etag === "now") found = true;
          l.behind = l.kept = 0;
          l.sure = true;
          take(l, [name, l.etag, etag, payloads, missed]);
          kept.forEach(function (update) { take(l, update); });
        });
      },
      answered: function () {
        settle();
        again(moved ? 0 : 500);
        if (found) want();
      },
      refused: function (status, text) {
        var answer = parse(text), name = status === 409 && answer.channel;
        again(name ? 0 : 1000 + Math.random() * 4000);
        if (name) closed(sourceOf(name), "one2one", name);
        else say("/sub: " + (answer.error || "status " + status));
      },
      ended: function () {
        say(noAnswer());
        again(1000 + Math.random() * 4000);
      }
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
    eachOne(function (l, name) {
      if (sourceOf(name) !== source || (channel && name !== channel)) return;
      l.open = 0;
      tell(l, l.options.onclosed, reason);
    });
    want();
  }

  // ---- a feed ----

  // Runs one request for all that its pages want. `tell` gets {update}, a status(), {closed, channel,
  // final}, {say}.
  function newFeed(many, tell) { // many: it is shared
    var pages = bare(), // what each wants, and until when
      cursors = bare(), // what to ask for
      at = bare(), // what was asked for by the request that is open, and how far that is
      link = null, // the request under way
      timer = 0, due = 0, // of the next connect()
      turn = 1, fails = 0, // a new turn after each break; failures in a row
      probed = false, // a long-poll came through where streams had failed
      mutes = 0, // connections in a row that no byte came from
      proven = false, // streams come through: one brought something in time, later than its opening
      streamAfter = self.AbortController && self.TextDecoder && self.ReadableStream ? 0 : Infinity,
      state = "closed", kind;

    function want(who, names, now) {
      var changed, all = bare();
      pages[who] = { names: names, until: Date.now() + 150000 };
      each(pages, function (id, its) {
        if (Date.now() > its.until) delete pages[id]; // it crashed; who lives asks every minute at least
        else each(its.names, function (name) { all[name] = true; });
      });
      each(cursors, function (name) {
        if (!all[name]) changed = delete cursors[name];
      });
      each(names, function (name, etag) {
        var old = cursors[name];
        // Who follows from a later etag leaves out what it has.
        if (!old || (!link && less(etag, old))) cursors[name] = etag;
        changed = changed || !old;
      });
      // What changes together becomes one new request; the old one goes on meanwhile.
      if (changed) {
        if (!timer) connectSoon(link ? 10 : 0);
      } else if (link) link.check();
      else if (now || (timer && Date.now() > due)) connect(); // timers of hidden pages come late
      report();
    }

    function connectSoon(delay) {
      clearTimeout(timer);
      due = Date.now() + delay;
      timer = setTimeout(connect, delay);
    }

    function connect() {
      close();
      var poll = Date.now() < streamAfter;
      if (!Object.keys(cursors).length) return become("closed");
      kind = poll ? "poll" : "stream";
      if (state !== "open") become("connecting");
      // After some failures a long-poll finds out whether the server is away, or streams don't come through.
      poll = poll || fails > 2;
      // A long-poll waits only when all know that they are followed.
      open(poll ? longPoll : eventStream, poll && Object.keys(cursors).some(function (name) {
        return cursors[name] !== at[name];
      }));
    }

    function close() {
      var old = link;
      clearTimeout(timer);
      link = timer = 0; // what still comes from the old one counts no more
      if (!old) return;
      clearTimeout(old.watch);
      old.stop();
    }

    // A transport(asks, on, names) returns what stops it. It calls on.alive() at every sign of life, on.healthy() after more
    // than the opening, on.deliver(), and one of the others at its end.
    function open(transport, hurry) {
      var poll = transport === longPoll, began = Date.now(), heard = began, isOpen, good, news, here = bare(),
        my = (link = {}), beat = martd.HEARTBEAT * 1000,
        // Where one connection died, those that the browser keeps for a next request have mostly died, too: each costs a try.
        limit = poll && !hurry ? 30000 : Math.min(10000, mutes ? 667 * Math.pow(1.5, mutes) : 10000);
      each(cursors, function (name, etag) { here[name] = etag; });

      function mine(then) {
        return function () { if (link === my) then.apply(0, arguments); };
      }

      my.check = function () {
        var overdue = Date.now() - heard - limit;
        clearTimeout(my.watch);
        if (overdue < 0) my.watch = setTimeout(my.check, -overdue);
        else {
          mutes++;
          // Long overdue: the machine slept. What came in time before isn't buffered now: its connection died.
          if (!poll && overdue < 20000 && !good && (!proven || probed)) {
            giveUp("the stream is mute: does a proxy buffer it (nginx: proxy_buffering off)?");
          }
          if (!poll && isOpen) proven = good;
          fail(1);
        }
      };

      my.stop = transport(query(many ? "*" : martd.cid, here, hurry), {
        current: function () { return link === my; },
        alive: mine(function (said) {
          heard = Date.now();
          mutes = 0;
          if (!poll) {
            beat = said || beat;
            limit = beat * 1.25 + 1000;
            probed = false;
            if (isOpen && heard > isOpen + 500) good = proven = true;
            if (said) my.check();
          }
          if (isOpen) return;
          isOpen = heard;
          at = here;
          if (!poll || hurry) become("open");
        }),
        healthy: mine(function () { fails = 0; }),
        deliver: mine(function (name, etag, payloads, missed) {
          var before = here[name];
          if (!before || cursors[name] !== before) return; // cancelled, or asked for anew
          cursors[name] = here[name] = etag;
          news = news || payloads.length || missed;
          if (etag !== before || missed) tell({ update: [name, before, etag, payloads, missed] });
        }),
        answered: mine(function () {
          if (fails > 2) probed = true;
          fails = 0;
          // No spinning where waits are cut short: by a server that stops, or a page with our cid.
          if (news || hurry || Date.now() - began > 1000) connect();
          else connectSoon(Math.random() * 1000);
        }),
        closed: mine(closed),
        refused: mine(function (status, text) {
          var answer = parse(text), error = answer.error || "status " + status;
          if (status !== 409) tell({ say: "/sub: " + error });
          if (/^40[039]$/.test(status)) closed(status === 409 ? "one2one" : error, answer.channel, 0, true);
          else fail();
        }),
        ended: mine(function (pause) {
          if (!isOpen) tell({ say: noAnswer() });
          if (!isOpen && !poll && probed) giveUp("streams don't come through.");
          fail(pause);
        })
      }, Object.keys(here));
      my.check();
    }

    function fail(pause) {
      close();
      fails++;
      turn++;
      at = bare();
      become(navigator.onLine === false ? "offline" : "waiting");
      connectSoon(pause || Math.random() * Math.min(30000, 500 * Math.pow(2, fails)));
    }

    function giveUp(why) {
      tell({ say: why + " Long-polls for ten minutes." });
      streamAfter = Date.now() + 600000;
    }

    function closed(reason, channel, pause, final) {
      final = !channel && (final || /^(one2one|replaced|kicked)$/.test(reason));
      if (cursors[channel]) {
        delete cursors[channel];
        each(pages, function (id, its) { delete its.names[channel]; });
        connect();
      } else if (final) {
        close();
        become("closed");
      } else fail(channel ? 0 : pause); // of one that we let go of: its pause may be a day
      tell({ closed: reason, channel: channel, final: final });
    }

    function become(to) {
      state = to;
      report();
    }

    function report() {
      var now = status(state, state === "closed" ? "" : kind, me + turn);
      each(at, function (name, etag) { if (cursors[name] === etag) now.at[name] = etag; });
      tell(now);
    }

    return {
      want: want,
      stop: function () {
        if (link) fail();
        close();
      },
      network: function () {
        if (navigator.onLine) connect();
        else if (state === "waiting") become("offline");
      }
    };
  }

  // ---- sharing ----

  var group = null, // the BroadcastChannel
    leader = "", lock = null, ping = 0, waits = 0, out = []; // waits: for an answer of who leads

  function join() {
    // Pages share that ask the same server in the same way. What they say to each other is part of the name: when that
    // changes, the name must, for there will be pages with the script of before.
    var name = "martd 1 " + [martd.SERVER, martd.CREDENTIALS];
    try {
      if (!navigator.locks) {
        if (home[1] !== origin) throw origin; // a worker's script must be of the page's origin
        name = home[0] + name;
        new SharedWorker(home[0], name).onerror = goAlone;
      }
      meet(name);
      ping = setInterval(wantSoon, 10000);
      if (navigator.locks) elect();
    } catch (notHere) {
      goAlone();
    }
  }

  function meet(name) {
    group = new BroadcastChannel(name);
    group.onmessage = hear;
  }

  function goAlone() {
    alone = true;
    part();
    want();
  }

  function elect(steal) {
    if (lock) lock.abort(); // takes back what was asked for, and gives back what we have
    var mine = (lock = new AbortController()), held = false;
    navigator.locks.request(group.name, steal ? { steal: true } : { signal: mine.signal }, function () {
      if (lock !== mine) return;
      held = true;
      lead();
      return new Promise(function (done) { mine.signal.onabort = done; });
    })["catch"](function () {
      if (lock !== mine) return;
      if (!held) return goAlone(); // no locks for this page
      // Another page had no answer from us, and took it.
      resign();
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
      learn(shared, told);
    });
    group.postMessage({ by: me, hello: true, told: [] });
    want();
  }

  function flush() {
    if (group) group.postMessage({ by: me, told: out });
    out = [];
  }

  function resign() {
    if (shared.feed) shared.feed.stop();
    shared.feed = null;
    leader = "";
  }

  // What we want goes to who leads, and that must answer.
  function ask(what) {
    if (shared.feed) return shared.feed.want(me, what.wants, what.now);
    group.postMessage(what);
    if (!waits) {
      waits = setTimeout(function () {
        waits = 0;
        if (lock) elect(true);
        else goAlone();
      }, 3000 + Math.random() * 3000);
    }
  }

  function answered() {
    clearTimeout(waits);
    waits = 0;
  }

  function hear(event) {
    var m = event.data;
    if (m.from) {
      if (!page) each(parse(m.martd), function (name, value) { martd[name] = value; }); // SERVER and the like
      if (shared.feed) shared.feed.want(m.from, m.wants, m.now);
      return;
    }
    if (m.hello) {
      if (page) resign();
      leader = m.by;
    }
    leader = leader || m.by;
    if (leader !== m.by) return; // one who doesn't know yet that it leads no more
    answered();
    m.told.forEach(function (told) { learn(shared, told); });
    if (m.hello) want();
  }

  function part() {
    var old = lock;
    if (!group) return;
    lock = null;
    if (!shared.feed) group.postMessage({ from: me, wants: {} });
    resign();
    if (old) old.abort();
    group.close();
    group = null;
    clearInterval(ping);
    answered();
    shared.status = status("waiting");
  }

  // ---- transports ----

  function eventStream(asks, on, names) {
    var abort = new AbortController(), decoder = new TextDecoder(), form,
      rest = "", got = {}, healthy = false;
    asks += "&.transport=sse&.format=json";
    form = asks.length > 4000; // a long list of channels goes as a form

    self.fetch(server() + "/sub" + (form ? "" : "?" + asks), {
      method: form ? "POST" : "GET",
      body: form ? asks : undefined,
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

    function ended() { on.ended(healthy ? 0 : +got.retry); }

    function line(text) {
      var colon = text.indexOf(":");
      if (!text.indexOf(": heartbeat ")) return on.alive(+text.slice(12));
      if (colon > 0) got[text.slice(0, colon)] = text.slice(colon + 2);
      if (text && colon) return;
      if (!healthy && got.event !== "martd.sub") on.healthy((healthy = true));
      if (text || !got.data) return;
      var told = JSON.parse(got.data), name = told.channel, kind = got.event;
      got.data = got.event = "";
      if (kind === "martd.sub") each(told, function (name, etag) { on.deliver(name, etag, []); });
      else if (kind === "martd.closed") on.closed(told.reason, name, +got.retry);
      else if (kind === "martd.missed") on.deliver(name, got.id.split(".")[names.indexOf(name)], [], told.missed);
      else on.deliver(name, told.etag, [told.base64 ? bytes(told.payload) : told.payload]);
    }

    return function () { abort.abort(); };
  }

  function longPoll(asks, on) {
    var form = asks.length > 4000, xhr = request("/sub" + (form ? "" : "?" + asks), form ? asks : undefined, function () {
      if (!on.current()) return;
      if (!xhr.status) return on.ended();
      var answers = xhr.status === 200 && parse(xhr.responseText).channels;
      if (!answers) return on.refused(xhr.status, xhr.responseText);
      on.alive();
      each(answers, function (name, a) {
        (a.base64 || []).forEach(function (i) { a.payload[i] = bytes(a.payload[i]); });
        on.deliver(name, a.etag, a.payload, a.missed);
      });
      on.answered();
    });
    xhr.timeout = 60000;
    xhr.onprogress = function () { if (xhr.status === 200) on.alive(); };
    return function () { xhr.abort(); };
  }

  function request(path, body, done) {
    var xhr = new XMLHttpRequest();
    xhr.open(body === undefined ? "GET" : "POST", server() + path, true);
    xhr.withCredentials = martd.CREDENTIALS;
    xhr.onreadystatechange = function () { if (xhr.readyState === 4) done(xhr); };
    xhr.send(body);
    return xhr;
  }

  // Not the page's base.
  function server() { return (web && !/^(https?:)?\/\//.test(martd.SERVER) ? origin : "") + martd.SERVER; }

  function query(cid, cursors, hurry) {
    return "cid=" + encodeURIComponent(cid) + "&" + queryOf(cursors) + (hurry ? "&.wait=0" : "");
  }

  function queryOf(values) {
    return Object.keys(values).map(function (name) {
      return encodeURIComponent(name) + "=" + encodeURIComponent(given(values[name]));
    }).join("&");
  }

  function given(value) { return value == null ? "" : value; }

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
    if (text && !said[text]) console.warn("martd: " + text);
    said[text] = true;
  }

  function noAnswer() {
    return /^http/.test(martd.SERVER) && martd.SERVER.indexOf(origin) &&
      "no answer of " + martd.SERVER + " that this page may read: is it there, and run with --origin " + origin + " ?";
  }

  // ---- when to come back at once, and when to let go ----

  function wake() {
    hidden = false;
    want(true);
  }

  function leave() {
    hidden = true;
    own.feed.stop();
    part();
    settle();
  }

  function network() {
    [own, shared].forEach(function (source) { if (source.feed) source.feed.network(); });
  }

  [
    [self, "online", network],
    [self, "offline", network],
    [self, "pagehide", leave],
    [self, "pageshow", function () { if (hidden) wake(); }],
    [page || self, "visibilitychange", function () { if (!page.hidden) wake(); }],
    [page || self, "freeze", leave],
    [page || self, "resume", wake]
  ].forEach(function (on) { on[0].addEventListener(on[1], on[2]); });

  if (!page) {
    meet(self.name);
    lead();
  }

  // ---- small things ----

  // How a feed stands. `at`: how far the channels are that are followed.
  function status(state, transport, turn) {
    return { at: bare(), state: state, transport: transport || "", turn: turn };
  }

  function each(of, then) {
    Object.keys(of).forEach(function (name) { if (name in of) then(name, of[name]); });
  }

  function bare() { return Object.create(null); }

  // Of two etags; `now` is no place.
  function less(a, b) { return a.length < b.length || (a.length === b.length && a < b); }

  function eachOne(then) {
    each(channels, function (name, listeners) {
      listeners.forEach(function (l) { if (!l.gone) then(l, name); });
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

  function guid() { return Math.random().toString(36).slice(2); }

  // Where the channels stood when the page was made, as the proxy tells it.
  function readPageCursor(tag) {
    var found = bare(), text = tag && tag.getAttribute("data-cursor");
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
