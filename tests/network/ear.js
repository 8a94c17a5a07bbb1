// Listens inside a page, by what the browser itself counts, twenty times a second; `window.ear` is read from outside.

(() => {
  const EVERY = 50; // milliseconds: as often as Chromium counts anew
  const REPORTED_WITHIN = 1000; // milliseconds
  const LINES_KEPT = 200; // of the story
  const AUDIBLE = 1e-6; // mean square of full scale: -60 dB
  const Stock = window.RTCPeerConnection;
  const connections = [];
  window.connections = connections;

  // What the page went through, as [Date.now(), what]: told when something that was waited for has not come.
  const story = [];
  const note = (what) => story.push([Date.now(), what]) > LINES_KEPT && story.shift();
  window.RTCPeerConnection = class extends Stock {
    constructor(...settings) {
      super(...settings);
      const number = connections.push(this);
      note(`line ${number} made`);
      this.addEventListener("connectionstatechange", () => note(`line ${number} ${this.connectionState}`));
    }
    close() {
      note(`line ${connections.indexOf(this) + 1} given up`);
      super.close();
    }
  };
  const StockSocket = window.WebSocket;
  let sockets = 0;
  window.WebSocket = class extends StockSocket {
    constructor(...settings) {
      super(...settings);
      const number = ++sockets;
      note(`socket ${number} made`);
      this.addEventListener("open", () => note(`socket ${number} open`));
      this.addEventListener("close", () => note(`socket ${number} closed`));
    }
  };
  for (const name of ["online", "offline"]) addEventListener(name, () => note(name));
  navigator.connection?.addEventListener?.("change", () => note("another network"));

  const fresh = () => ({ voices: {}, pictures: {}, again: {}, since: Date.now(), sent: 0, looks: 0, weak: 0, lines: 0, lostAt: {} });
  const ear = fresh();
  window.ear = ear;
  ear.story = story;
  /** @type {Map<string, any>} the last report of each stream, by connection and id */
  let last = new Map();

  let opened = 0; // connections made before the last reset
  let looked = 0; // Date.now() of the last look

  /** Counts from now on; `again` will hold when each voice was first heard after this. */
  ear.reset = () => {
    Object.assign(ear, fresh());
    opened = connections.length;
  };

  const grown = (report, before, key) => (report[key] ?? 0) - (before[key] ?? 0);

  // Packets of voices that never came, by the second in which they were missed: it tells a line that is still being
  // found out about from one that loses for good.
  function miss(lost) {
    const second = Math.floor((Date.now() - ear.since) / 1000);
    if (lost) ear.lostAt[second] = (ear.lostAt[second] ?? 0) + lost;
  }

  // Sound that was made up because none had come. A run goes on while no new one is counted. Whoever is silent
  // before it and in it leaves a gap that nobody hears.
  function listen(voice, report, before) {
    miss(grown(report, before, "packetsLost"));
    const total = grown(report, before, "totalSamplesReceived");
    const concealed = grown(report, before, "concealedSamples");
    const runs = grown(report, before, "concealmentEvents");
    voice.packets += grown(report, before, "packetsReceived");
    voice.lost += grown(report, before, "packetsLost");
    voice.total += total;
    voice.concealed += concealed;
    voice.energy += grown(report, before, "totalAudioEnergy");
    voice.silent += grown(report, before, "silentConcealedSamples");
    voice.runs += runs;
    voice.sped += grown(report, before, "removedSamplesForAcceleration");
    voice.fec += grown(report, before, "fecPacketsReceived") - grown(report, before, "fecPacketsDiscarded");
    voice.slowed += grown(report, before, "insertedSamplesForDeceleration");
    if (concealed <= 0) voice.run = 0;
    else voice.run = (runs > 0 ? 0 : voice.run) + concealed - 480 * Math.max(0, runs - 1);
    voice.longest = Math.max(voice.longest, voice.run);
    const loudness = grown(report, before, "totalAudioEnergy") / (grown(report, before, "totalSamplesDuration") || 1);
    if (loudness > AUDIBLE || voice.loudness > AUDIBLE) {
      voice.spoken += total;
      voice.longestSpoken = Math.max(voice.longestSpoken, voice.run);
    }
    voice.loudness = loudness;
    voice.delay = report.jitterBufferEmittedCount ? (1000 * report.jitterBufferDelay) / report.jitterBufferEmittedCount : 0;
    return total - concealed > 0 && grown(report, before, "packetsReceived") > 0;
  }

  function watch(picture, report, before) {
    picture.frames += grown(report, before, "framesDecoded");
    picture.packets += grown(report, before, "packetsReceived");
    picture.lost += grown(report, before, "packetsLost");
    picture.freezes += grown(report, before, "freezeCount");
    picture.frozen += grown(report, before, "totalFreezesDuration");
    picture.asked += grown(report, before, "pliCount");
  }

  // Of a connection that is closed meanwhile, a report may never come.
  const reports = (connection) =>
    Promise.race([connection.getStats(), new Promise((done) => setTimeout(done, REPORTED_WITHIN, new Map()))]);

  async function look() {
    const seen = new Map();
    const began = Date.now();
    for (const [number, connection] of connections.entries()) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await reports(connection)).values()) {
        if (report.type !== "inbound-rtp" && report.type !== "outbound-rtp") continue;
        const key = `${number}/${report.id}`;
        seen.set(key, report);
        const before = last.get(key);
        if (report.type === "outbound-rtp") ear.sent += grown(report, before ?? {}, "packetsSent");
        if (report.type === "outbound-rtp" || !before) continue;
        const slot = Math.floor((Number(report.mid) - 2) / 2);
        if (report.kind === "audio") {
          const voice = (ear.voices[slot] ??= { packets: 0, energy: 0, lost: 0, total: 0, concealed: 0, silent: 0, runs: 0, sped: 0, fec: 0, slowed: 0, run: 0, longest: 0, delay: 0, loudness: 0, spoken: 0, longestSpoken: 0 });
          if (listen(voice, report, before) && looked >= ear.since) ear.again[slot] ??= Date.now();
        } else watch((ear.pictures[slot] ??= { frames: 0, packets: 0, lost: 0, freezes: 0, frozen: 0, asked: 0 }), report, before);
      }
    }
    last = seen;
    looked = began;
    ear.looks += 1;
    ear.lines = connections.length - opened;
    if (document.body?.textContent?.includes("pictures paused")) ear.weak += 1;
  }

  (async () => {
    for (;;) {
      const began = performance.now();
      await look().catch(() => {});
      await new Promise((done) => setTimeout(done, Math.max(10, EVERY - (performance.now() - began))));
    }
  })();
})();
