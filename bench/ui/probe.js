/**
 * What is measured inside the page, put there before its own scripts: when canvases are painted, of which host and how
 * new, how even frames come, and tasks that block. The dashboard knows nothing of it and has no code for it.
 *
 * "Drawn" is the end of the frame in which a canvas was painted: the main thread has laid out and painted all of it, and
 * the first task after it runs. The host of a canvas and the time of its newest tick are read from the elements around it.
 */
(() => {
  const wallOffsetMs = takeWallOffsetMs();
  const nowMs = () => performance.now() + wallOffsetMs;

  /** Canvases painted in this frame. */
  const painted = new Set();
  /** Per canvas and host: time of the newest tick that is shown. */
  const shownMs = new WeakMap();
  /** Per host: the tick whose drawing goes on, and when its last canvas was drawn. */
  const drawing = new Map();
  let latenciesMs = [];
  let frames = [];
  /** All with values of a host that were painted since `record`. */
  let canvases = new Set();
  let isRecording = false;
  let tellFirstDrawn = () => {};
  /** Time since the navigation began of the first frame with values of a host. */
  const firstDrawn = new Promise((resolve) => {
    tellFirstDrawn = resolve;
  });

  const afterFrame = new MessageChannel();
  afterFrame.port1.onmessage = endFrame;

  const context = CanvasRenderingContext2D.prototype;
  for (const name of ['clearRect', 'fillRect', 'stroke', 'putImageData']) {
    const original = context[name];
    context[name] = function measured(...args) {
      if (painted.size === 0) afterFrame.port2.postMessage(null);
      painted.add(this.canvas);
      return original.apply(this, args);
    };
  }

  function endFrame() {
    const atMs = nowMs();
    let count = 0;
    let tickMs = 0;
    for (const canvas of painted) {
      if (!canvas.isConnected) continue;
      count += 1;
      const hosts = hostsOf(canvas);
      if (isRecording && hosts.length > 0) canvases.add(canvas);
      for (const host of hosts) {
        tickMs = Math.max(tickMs, host.lastMs);
        noteDrawn(host, canvas, atMs);
      }
    }
    painted.clear();
    rows.clear();
    if (drawing.size > 0) tellFirstDrawn(performance.now());
    if (isRecording) frames.push({ atMs, canvases: count, tickMs });
  }

  function noteDrawn(host, canvas, atMs) {
    const { name, lastMs } = host;
    const shown = shownMs.get(canvas) ?? new Map();
    if (lastMs === 0 || (shown.get(name) ?? 0) >= lastMs) return;
    shownMs.set(canvas, shown.set(name, lastMs));
    const now = drawing.get(name);
    if (now !== undefined && now.tickMs === lastMs) now.drawnMs = atMs;
    else {
      if (now !== undefined && isRecording) latenciesMs.push(now.drawnMs - now.tickMs);
      drawing.set(name, { tickMs: lastMs, drawnMs: atMs });
    }
  }

  /** Per table: its rows in sight, looked for once a frame; a canvas stands over some of them. */
  const rows = new Map();

  function rowsOf(root) {
    const known = rows.get(root);
    if (known !== undefined) return known;
    const found = [...root.querySelectorAll('[id^="row-"]')].map((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return { name: row.id.slice('row-'.length), middle: (top + bottom) / 2 };
    });
    rows.set(root, found);
    return found;
  }

  /** The hosts whose newest values stand on a canvas, by what is around it: a card, rows in sight, tiles, the page of a host. */
  function hostsOf(canvas) {
    for (let node = canvas; ; ) {
      const root = node.getRootNode();
      if (!(root instanceof ShadowRoot)) return [];
      node = root.host;
      const { host, group, dashboard, route } = node;
      if (host?.lastMs !== undefined) return [host];
      const inSight = rowsOf(root);
      if (inSight.length > 0) {
        const { top, bottom } = canvas.getBoundingClientRect();
        // Canvases are as high as their rows could be, so one may reach over the beginning of the next.
        const tops = [...root.querySelectorAll('canvas')].map((other) => other.getBoundingClientRect().top);
        const end = Math.min(bottom, ...tops.filter((other) => other > top));
        const under = inSight.filter(({ middle }) => middle > top && middle < end);
        return under.flatMap(({ name }) => dashboard.fleet.byName(name) ?? []);
      }
      // One stands for all tiles of its group.
      if (group?.hosts !== undefined) return group.hosts.slice(0, 1);
      if (route?.page === 'host') return [dashboard.fleet.byName(route.host)].filter((found) => found !== null);
    }
  }

  let longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration);
  }).observe({ type: 'longtask' });

  let inputsMs = [];
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'keydown') inputsMs.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });

  /** Per kind of event: when the last one came. */
  const eventsMs = new Map();
  for (const type of ['click', 'pointermove'])
    addEventListener(type, () => eventsMs.set(type, nowMs()), { capture: true, passive: true });

  /** Frames that follow each other closer than this are one drawing. */
  const burstMs = 60;

  /** Requests that start closer to the first than this ask for one thing together. */
  const togetherMs = 30;

  /**
   * From the last such event to the last byte of what was asked for then on such a path, and to the end of the drawing after it.
   * What is asked for later (a hint beside the answer, the newest ticks again) does not count.
   */
  function answered(path, event) {
    const eventMs = eventsMs.get(event);
    const requests = performance
      .getEntriesByType('resource')
      .filter(({ name, startTime }) => name.includes(path) && startTime + wallOffsetMs >= eventMs);
    const firstMs = Math.min(...requests.map(({ startTime }) => startTime));
    const asked = requests.filter(({ startTime }) => startTime - firstMs < togetherMs);
    const answeredMs = Math.max(...asked.map(({ responseEnd }) => responseEnd)) + wallOffsetMs;
    let drawnMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of frames) {
      if (atMs < answeredMs) continue;
      if (drawnMs !== Number.POSITIVE_INFINITY && atMs - drawnMs > burstMs) break;
      drawnMs = atMs;
    }
    return { answeredMs: answeredMs - eventMs, drawnMs: drawnMs - eventMs };
  }

  /** Calls `step` in each frame for so long, and gives the times between frames. */
  function frameTimes(durationMs, step) {
    return new Promise((resolve) => {
      const times = [];
      let beforeMs = null;
      let startMs = null;
      const next = (atMs) => {
        startMs ??= atMs;
        if (beforeMs !== null) times.push(atMs - beforeMs);
        beforeMs = atMs;
        if (atMs - startMs >= durationMs) resolve(times);
        else {
          step((atMs - startMs) / durationMs);
          requestAnimationFrame(next);
        }
      };
      requestAnimationFrame(next);
    });
  }

  /** `performance.now()` and the wall clock, to a fraction of a millisecond: read where the wall clock steps. */
  function takeWallOffsetMs() {
    const firstMs = Date.now();
    let wallMs = firstMs;
    while (wallMs === firstMs) wallMs = Date.now();
    return wallMs - performance.now();
  }

  window.benchProbe = {
    nowMs,
    record() {
      latenciesMs = [];
      frames = [];
      canvases = new Set();
      longTasks = [];
      inputsMs = [];
      drawing.clear();
      isRecording = true;
    },
    report() {
      isRecording = false;
      return { latenciesMs, frames, canvasCount: canvases.size, longTasks, inputsMs };
    },
    frameTimes,
    answered,
    firstDrawn,
    /** Time of the newest tick that the page knows of. */
    knownMs: () =>
      document
        .querySelector('pw-app')
        .dashboard.fleet.hosts.reduce((newest, { lastMs }) => Math.max(newest, lastMs), 0),
  };
})();
