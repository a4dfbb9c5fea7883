/** Entry file and composition root of the dashboard: the clock, the socket, the timers and the last handler are here. */
// First of all: what comes behind asks for the language while it loads.
import './locale.ts';

import { HubClient } from './api/client.ts';
import { createApi } from './api/fleet.ts';
import { readSession } from './api/session.ts';
import { Dashboard } from './dashboard.ts';
import { showToast } from './elements/events.ts';
import { PwApp } from './elements/shell/pw-app.ts';
import { inflateRaw } from './inflate.ts';
import { SessionBook } from './live/session-book.ts';
import { SessionGuard } from './live/session-guard.ts';
import { returnAddressOf, setupCodeOf, setupPath, signInHref, signInPath } from './model/sign-in.ts';
import { readSettings } from './settings.ts';

const socketUrl = new URL('/live', location.href);
socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

readSettings();
const session = new SessionBook();
const client = new HubClient((input, init) => fetch(input, init), {
  csrf: () => session.view.csrf,
  unknown: checkSession,
});
const guard = new SessionGuard({
  book: session,
  read: () => readSession(client),
  // By a whole load: nothing of what was shown stays in memory.
  leave: () => location.replace(signInHref(location.pathname + location.search + location.hash)),
});
// A page that the browser has kept for "back" may be one from before a sign-out.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
background(begin());

/** The dashboard for whoever may look, the sign-in or the first run for everybody else. */
async function begin(): Promise<void> {
  const { pathname, search, hash } = location;
  const code = setupCodeOf(hash);
  // It works once, but until then whoever sees it can make an admin: it stays neither in the address nor in the history.
  if (pathname === setupPath) history.replaceState(null, '', setupPath);
  const asked = await readSession(client);
  const view = asked.kind === 'ok' ? asked.value : null;
  const shared = { client, background, warnings: view?.warnings ?? [] };
  const isStranger = view?.canRead === false;
  if (pathname === setupPath || (isStranger && view.isSetupWanted && pathname !== signInPath)) {
    const { PwFirstRun } = await import('./pages/pw-first-run.ts');
    const isWanted = view?.isSetupWanted !== false;
    document.body.append(Object.assign(new PwFirstRun(), { ...shared, code, isWanted }));
  } else if (pathname === signInPath && view?.kind === 'person') {
    location.replace(returnAddressOf(search));
  } else if (pathname === signInPath || isStranger) {
    const address = signInHref(pathname + search + hash);
    if (pathname !== signInPath) history.replaceState(null, '', address);
    const { PwSignIn } = await import('./pages/pw-sign-in.ts');
    const to = returnAddressOf(location.search);
    document.body.append(Object.assign(new PwSignIn(), { ...shared, to }));
  } else {
    // Where the hub has not answered, who looks is found out when it does.
    if (view !== null) session.accept(view);
    showDashboard();
  }
}

function checkSession(): void {
  background(guard.check());
}

function showDashboard(): void {
  const dashboard = new Dashboard({
    url: socketUrl.href,
    openSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
    nowMs: Date.now,
    random: Math.random,
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    checkSession,
    client,
    api: createApi(client),
    session,
    inflate: inflateRaw,
    background,
  });
  // Made here, since an element in the page would be connected before it has its dashboard.
  const app = new PwApp();
  app.dashboard = dashboard;
  document.body.append(app);
  // What nobody expected: the page goes on, and whoever looks at it knows that something on it may be wrong.
  let hasFaulted = false;
  for (const kind of ['error', 'unhandledrejection'] as const) {
    window.addEventListener(kind, () => {
      if (!hasFaulted)
        showToast(app, { kind: 'failed', text: 'Something on this page went wrong. Reload it to be sure.' });
      hasFaulted = true;
    });
  }
  dashboard.start();
  setInterval(() => dashboard.second(), 1_000);
}

/** The last handler: what nobody expected is shown in the console with its stack. */
function background(work: Promise<void>): void {
  work.catch((error: unknown) => reportError(error));
}
