/** Entry file and composition root of the dashboard: the clock, the socket, the timers and the last handler are here. */
// First of all: what comes behind asks for the language while it loads.
import './locale.ts';

import { createApi } from './api.ts';
import { Dashboard } from './dashboard.ts';
import { PwApp } from './elements/pw-app.ts';
import { inflateRaw } from './inflate.ts';

const socketUrl = new URL('/live', location.href);
socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

const dashboard = new Dashboard({
  url: socketUrl.href,
  openSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
  nowMs: Date.now,
  random: Math.random,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  api: createApi((input, init) => fetch(input, init)),
  inflate: inflateRaw,
  background,
});

// Made here, since an element in the page would be connected before it has its dashboard.
const app = new PwApp();
app.dashboard = dashboard;
document.body.append(app);
dashboard.start();
setInterval(() => dashboard.second(), 1_000);

/** The last handler: what nobody expected is shown in the console with its stack. */
function background(work: Promise<void>): void {
  work.catch((error: unknown) => reportError(error));
}
