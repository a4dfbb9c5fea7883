/**
 * Put into a page before its own scripts, in front of the probe: its clock and its timers run as fast as one likes, and the page
 * can be hidden, as by another tab: no frames come then, and when it is shown again those that were asked for come.
 */
(() => {
  const { now, timeOrigin } = performance;
  const realMs = () => now.call(performance);
  const realTimeout = window.setTimeout;
  const realInterval = window.setInterval;
  const realFrame = window.requestAnimationFrame;
  let speed = 1;
  let isHidden = false;
  let frameId = 0;
  let waiting = [];
  /** Real and shown time of the last change of the speed. */
  let fromRealMs = realMs();
  let fromShownMs = fromRealMs;
  const shownMs = () => fromShownMs + (realMs() - fromRealMs) * speed;

  performance.now = shownMs;
  Date.now = () => Math.floor(timeOrigin + shownMs());
  window.setTimeout = (callback, ms = 0, ...args) => realTimeout(callback, ms / speed, ...args);
  window.setInterval = (callback, ms = 0, ...args) => {
    let id = 0;
    const turn = () => {
      callback(...args);
      intervals.set(id, realTimeout(turn, ms / speed));
    };
    id = realInterval(() => {}, 1e9);
    intervals.set(id, realTimeout(turn, ms / speed));
    return id;
  };
  const intervals = new Map();
  const realClear = window.clearInterval;
  window.clearInterval = (id) => {
    realClear(intervals.get(id));
    realClear(id);
    intervals.delete(id);
  };
  window.requestAnimationFrame = (callback) => {
    if (!isHidden) return realFrame(callback);
    frameId -= 1;
    waiting.push({ id: frameId, callback });
    return frameId;
  };
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') });

  window.benchClock = {
    setSpeed(next) {
      fromShownMs = shownMs();
      fromRealMs = realMs();
      speed = next;
    },
    setHidden(next) {
      isHidden = next;
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      if (isHidden) return;
      for (const { callback } of waiting) realFrame(callback);
      waiting = [];
    },
  };
})();
