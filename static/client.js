/* martd in the browser; client.d.ts tells all of it.
 *
 *   <script src="/client.js"></script>  or  import martd from "/client.js?module"
 *
 *   var handle = martd.sub("news", function (payload) { … });
 *   handle.cancel();
 *   martd.sub("news", show, { etag: "now", onmissed: function (count) { … } });
 *   martd.pub("news", 10, 3600, false, "", "hello", function (answer, xhr) { … });
 *
 * All channels share one held request: an event stream, or long-polls where streams don't come through.
 * Every message comes once and in order, across breaks too.
 */
(function () {
  "use strict";
  if (window.martd) return; // a second tag: the page keeps its connection

  var script = document.currentScript, origin = location.protocol + "//" + location.host;
  var martd = (window.martd = {
    SERVER: home(script ? script.src : typeof martdScript === "string" ? martdScript : ""),
    cid: guid(),
    HEARTBEAT: 15,
    CREDENTIALS: false,
    state: "closed",
    transport: ""
  });

  // Name -> readers. A reader is a cursor and the callbacks that stand there; a channel has several only until a callback
  // that came later has caught up.
  var channels = Object.create(null);
  var link = null; // the request under way
  var timer = 0; // of the next connect()
  var hidden = false; // the page is frozen or left: it holds nothing
  var breaks = 1;
  var failures = 0; // in a row
  var probed = false; // a long-poll came through where streams had failed
  var streamAfter = window.fetch && window.AbortController && window.TextDecoder && window.ReadableStream ? 0 : Infinity;
  var turns = 0;
  var watchers = [];
  var said = {};
  var pageCursor = readPageCursor();

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

    var listener = { call: callback, options: options };
    var readers = channels[channel] || (channels[channel] = []);
    var reader = readers.filter(function (r) { return r.etag === etag; })[0];
    if (!reader) readers.push((reader = { channel: channel, etag: etag, listeners: [], turn: 0, aside: 1 }));
    reader.listeners = reader.listeners.concat(listener);
    if (reader.aside) {
      readers.forEach(function (r) { r.idle = r.aside = 0; });
      changed();
    } else if (martd.state === "open") {
      setTimeout(function () { opened(listener); });
    }

    return {
      cancel: function () {
        if (listener.gone) return;
        listener.gone = true;
        channels[channel] = channels[channel].filter(function (r) {
          r.listeners = r.listeners.filter(function (l) { return l !== listener; });
          return r.listeners.length || changed();
        });
        if (!channels[channel].length) delete channels[channel];
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

  // ---- what to ask for ----

  // One reader for each channel. Several of one channel are asked for in turns, by requests that don't wait, until they
  // stand at one etag, or all in a row had nothing new.
  function choose() {
    var chosen = [];
    chosen.level = true;
    eachChannel(function (readers, name) {
      var last = readers.reduce(later).etag, idle = readers.every(function (r) { return r.idle === breaks; });
      readers = channels[name] = readers.filter(function (r, i) {
        if (idle) r.etag = last;
        var same = readers.filter(function (s, j) { return j < i && s.etag === r.etag; })[0];
        if (same) same.listeners = same.listeners.concat(r.listeners);
        return !same;
      });
      var next = readers.reduce(function (a, b) { return b.turn < a.turn ? b : a; });
      if (next.aside) return;
      // "now" is made an etag first: a stream that breaks before its first message must resume from somewhere.
      if (readers.length > 1 || next.etag === "now") chosen.level = false;
      next.turn = ++turns;
      chosen.push(next);
    });
    return chosen;
  }

  // Of two readers. "now" is no place yet.
  function later(a, b) {
    var x = a.etag, y = b.etag;
    return y !== "now" && (x === "now" || y.length > x.length || (y.length === x.length && y > x)) ? b : a;
  }

  // ---- the request under way ----

  // What changes together becomes one new request; the old one goes on meanwhile.
  function changed() {
    if (!timer) connectSoon(link ? 10 : 0);
  }

  function connectSoon(delay) {
    clearTimeout(timer);
    if (!hidden) timer = setTimeout(connect, delay);
  }

  function connect() {
    close();
    var readers = choose(), poll = Date.now() < streamAfter, kind = poll ? "poll" : "stream";
    if (!readers.length) return become("closed", "");
    if (martd.state !== "open") become("connecting", kind);
    // After some failures a long-poll finds out whether the server is away, or streams don't come through.
    poll = poll || !readers.level || failures > 2;
    // A long-poll waits only when all callbacks know that they are followed.
    var told = readers.level && readers.every(function (r) {
      return r.listeners.every(function (l) { return l.open === breaks; });
    });
    open(poll ? longPoll : eventStream, kind, readers, poll && !told ? "&.wait=0" : "");
  }

  function close() {
    var old = link;
    clearTimeout(timer);
    link = timer = 0; // what still comes from the old one counts no more
    if (!old) return;
    clearTimeout(old.watch);
    old.stop();
  }

  // A transport(query, readers, on) returns what stops it. It calls on.alive() at every sign of life, on.healthy() after more
  // than the opening, deliver(), and one of the others at its end.
  function open(transport, kind, readers, extra) {
    var poll = transport === longPoll, began = Date.now(), heard = began, limit = poll ? 45000 : 10000, isOpen = false;
    var me = (link = {});
    var query = "cid=" + encodeURIComponent(martd.cid) + readers.map(function (r) {
      return "&" + encodeURIComponent(r.channel) + "=" + r.etag;
    }).join("") + extra;

    function mine(then) {
      return function (a, b, c) { if (link === me) then(a, b, c); };
    }

    me.check = function () {
      var overdue = Date.now() - heard - limit;
      clearTimeout(me.watch);
      if (overdue < 0) me.watch = setTimeout(me.check, -overdue);
      else {
        // Long overdue: the machine slept.
        if (!poll && overdue < 9000) giveUpStreams("the stream is mute: does a proxy buffer it (nginx: proxy_buffering off)?");
        fail(poll ? 0 : 1);
      }
    };

    me.stop = transport(query, readers, {
      current: function () { return link === me; },
      alive: mine(function () {
        heard = Date.now();
        if (!poll) limit = martd.HEARTBEAT * 2000 + 5000; // the first byte comes at once
        if (isOpen) return;
        isOpen = true;
        probed = poll && probed;
        become("open", kind);
        readers.forEach(function (r) { r.listeners.forEach(opened); });
      }),
      healthy: mine(function () { failures = 0; }),
      answered: mine(function (news) {
        if (failures > 2) probed = true;
        failures = 0;
        // No spinning where waits are cut short: by a server that stops, or a page with our cid.
        if (news || extra || Date.now() - began > 1000) connect();
        else connectSoon(Math.random() * 1000);
      }),
      closed: mine(closed),
      refused: mine(function (status, body) {
        var answer = parse(body), error = answer.error || "status " + status;
        say("/sub: " + error);
        if (status !== 400 && status !== 403 && status !== 409) fail();
        else closed(status === 409 ? "one2one" : error, answer.channel, 0, true);
      }),
      ended: mine(function (pause) {
        if (!isOpen) sayUnreachable();
        if (!isOpen && !poll && probed) giveUpStreams("event streams don't come through.");
        fail(pause);
      })
    });
    me.check();
  }

  function fail(pause) {
    close();
    failures++;
    breaks++;
    become(navigator.onLine === false ? "offline" : "waiting", martd.transport);
    connectSoon(pause || Math.random() * Math.min(30000, 500 * Math.pow(2, failures)));
  }

  function giveUpStreams(why) {
    say(why + " Long-polls take over for ten minutes.");
    streamAfter = Date.now() + 600000;
  }

  // The server ended one channel, or all. A one2one channel may come free, as that of a page that was reloaded does.
  function closed(reason, channel, pause, forGood) {
    var one = channels[channel];
    if (one) {
      one.forEach(function (r) { r.aside = 1; });
      connect();
    } else if (forGood || /^(one2one|replaced|kicked)$/.test(reason)) {
      close();
      become("closed", "");
    } else fail(pause);
    if (reason === "one2one") {
      setTimeout(function () {
        (one || []).forEach(function (r) { r.aside = 0; });
        changed();
      }, 5000 + Math.random() * 5000);
    }
    eachChannel(function (readers, name) {
      if (one && name !== channel) return;
      readers.forEach(function (r) {
        r.listeners.forEach(function (l) {
          l.open = 0;
          tell(l, l.options.onclosed, reason);
        });
      });
    });
  }

  // ---- transports ----

  function eventStream(query, readers, on) {
    var abort = new AbortController(), decoder = new TextDecoder(), form = query.length > 4000, byName = Object.create(null);
    var rest = "", id, event, data, retry, healthy = false;
    readers.forEach(function (r) { byName[r.channel] = r; });
    query += "&.transport=sse&.format=json";

    window.fetch(martd.SERVER + "/sub" + (form ? "" : "?" + query), {
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
          for (var i = 0; i < lines.length && on.current(); i++) take(lines[i]);
          if (on.current()) next();
        })["catch"](ended);
      })();
    })["catch"](ended);

    function ended() { on.ended(healthy ? 0 : retry); }

    function take(line) {
      var colon = line.indexOf(":"), field = line.slice(0, colon), value = line.slice(colon + 2);
      if (field === "data") data = value;
      else if (field === "id") id = value;
      else if (field === "event") event = value;
      else if (field === "retry") retry = +value;
      if (line && colon) return;
      if (!healthy) on.healthy((healthy = true));
      if (line || !data) return;
      var told = JSON.parse(data), kind = event, reader = byName[told.channel];
      data = event = "";
      if (kind === "martd.closed") on.closed(told.reason, told.channel, retry);
      else if (kind === "martd.missed") deliver(reader, id.split(".")[readers.indexOf(reader)], [], told.missed);
      else deliver(reader, told.etag, [told.base64 ? bytes(told.payload) : told.payload]);
    }

    return function () { abort.abort(); };
  }

  function longPoll(query, readers, on) {
    var form = query.length > 4000, type = "application/x-www-form-urlencoded";
    var xhr = request(martd.SERVER + "/sub" + (form ? "" : "?" + query), form ? query : null, type, function () {
      if (!on.current()) return;
      if (!xhr.status) return on.ended();
      var answers = xhr.status === 200 && parse(xhr.responseText).channels, news;
      if (!answers) return on.refused(xhr.status, xhr.responseText);
      on.alive();
      readers.forEach(function (r) {
        var a = said.hasOwnProperty.call(answers, r.channel) ? answers[r.channel] : { etag: r.etag, payload: [] };
        (a.base64 || []).forEach(function (i) { a.payload[i] = bytes(a.payload[i]); });
        r.idle = breaks;
        news = deliver(r, a.etag, a.payload, a.missed) || news;
      });
      on.answered(news);
    });
    return function () { xhr.abort(); };
  }

  function request(url, body, type, done) {
    var xhr = new XMLHttpRequest();
    xhr.open(body === null ? "GET" : "POST", url, true);
    xhr.withCredentials = martd.CREDENTIALS;
    if (type && body) xhr.setRequestHeader("Content-Type", type);
    xhr.onreadystatechange = function () { if (xhr.readyState === 4) done(xhr); };
    xhr.send(body);
    return xhr;
  }

  // ---- what the page is told ----

  function deliver(reader, etag, payloads, missed) {
    var listeners = reader.listeners, news = payloads.length || missed; // the array is replaced, never changed
    reader.etag = etag;
    if (news && channels[reader.channel]) channels[reader.channel].forEach(function (r) { r.idle = 0; });
    if (missed) listeners.forEach(function (l) { tell(l, l.options.onmissed, missed); });
    payloads.forEach(function (payload) {
      listeners.forEach(function (l) { tell(l, l.call, payload); });
    });
    return news;
  }

  function tell(listener, callback, a, b) {
    if (!callback || listener.gone) return;
    try {
      callback(a, b);
    } catch (error) {
      console.error("martd: a callback failed:", error);
    }
  }

  function opened(listener) {
    if (listener.open !== breaks) tell(listener, listener.options.onopen);
    listener.open = breaks;
  }

  function become(state, transport) {
    if (state === martd.state && transport === martd.transport) return;
    martd.state = state;
    martd.transport = transport;
    watchers.forEach(function (w) { tell({}, w, state, transport); });
  }

  function say(text) {
    if (!said[text]) console.warn("martd: " + text);
    said[text] = true;
  }

  function sayUnreachable() {
    if (/^http/.test(martd.SERVER) && martd.SERVER.indexOf(origin)) {
      say("no answer of " + martd.SERVER + " that this page may read: is it there, and run with --origin " + origin + " ?");
    }
  }

  // ---- when to come back at once, and when to let go ----

  function wake() {
    if (!hidden && link) return link.check();
    hidden = false;
    connectSoon();
  }

  function leave() {
    hidden = true;
    if (link) fail();
    close();
  }

  [
    [window, "online", function () { connectSoon(); }],
    [window, "offline", function () { if (martd.state === "waiting") become("offline", martd.transport); }],
    [document, "visibilitychange", function () { if (!document.hidden) wake(); }],
    [window, "pagehide", leave],
    [window, "pageshow", function () { if (hidden) wake(); }],
    [document, "freeze", leave],
    [document, "resume", wake]
  ].forEach(function (on) { on[0].addEventListener(on[1], on[2]); });

  // ---- small things ----

  function eachChannel(then) {
    Object.keys(channels).forEach(function (name) { if (channels[name]) then(channels[name], name); });
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

  // The server and prefix that the script came from; the page's own server is "".
  function home(address) {
    var at = /^(https?:\/\/[^\/]+)([^?#]*)\/client\.js([?#]|$)/.exec(address);
    return at ? (at[1] === origin ? "" : at[1]) + at[2] : "";
  }

  // Where the channels stood when the page was made, as the proxy tells it.
  function readPageCursor() {
    var found = Object.create(null), text = script && script.getAttribute("data-cursor");
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
