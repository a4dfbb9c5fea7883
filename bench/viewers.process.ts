/**
 * The generator process of simulated viewers: a composition root. Viewers have a process of their own because
 * the pacer of the agents blocks its thread, and nothing that blocks may measure an arrival.
 */

import { assert } from '#core/errors.ts';
import { type HostRow, viewerSubprotocol } from '#core/message.ts';
import { type Clock, createClock } from './clock.ts';
import { metricName } from './dataset.ts';
import { withDeadline } from './deadline.ts';
import { serveGenerator } from './generator.ts';
import { benchOperatorHeaders } from './hub-process.ts';
import { Latencies } from './latency.ts';
import { Connection, isBlamed } from './swarm/connection.ts';
import { SimulatedViewer, type ViewerMeters } from './viewers/simulated-viewer.ts';

export interface ViewersPlan {
  readonly port: number;
  readonly viewerCount: number;
  readonly hostsPerViewer: number;
  /** Hosts that must be known before a viewer chooses. */
  readonly hostCount: number;
  /** Beginning of the names of the hosts that are chosen from; all of them where it is left out. */
  readonly prefix?: string;
  /** Series watched in the overview. */
  readonly keyCount: number;
  readonly intervalMs: number;
}

const windowMs = 60_000;
const retryMs = 250;
/** Viewers come when all agents are connected, so they know their hosts at once. */
const followMsMax = 60_000;

const meters: ViewerMeters = {
  ticks: new Latencies(),
  overviews: new Latencies(),
  lags: new Latencies(),
  bytes: 0,
  tickCount: 0,
  overviewCount: 0,
  snapshotCount: 0,
};
let followingCount = 0;
let onFollowing: () => void = () => undefined;
const problems: string[] = [];

/** Spreads the viewers over the hosts, so that no host is followed by all. */
function choiceOf(plan: ViewersPlan, index: number): (hosts: readonly HostRow[]) => readonly number[] | null {
  return (hosts) => {
    const own = hosts.filter(({ name }) => name.startsWith(plan.prefix ?? ''));
    if (own.length < plan.hostCount) return null;
    const ids = own.map((host) => host.hostId).sort((first, second) => first - second);
    const stride = Math.max(1, Math.floor(ids.length / (plan.viewerCount * plan.hostsPerViewer)));
    return Array.from({ length: plan.hostsPerViewer }, (_, place) => {
      return ids[((index * plan.hostsPerViewer + place) * stride) % ids.length]!;
    });
  };
}

function connectViewer(viewer: SimulatedViewer, plan: ViewersPlan, clock: Clock): void {
  const connection = new Connection(
    {
      host: '127.0.0.1',
      port: plan.port,
      path: '/live',
      subprotocol: viewerSubprotocol,
      // As a page of the hub's own says it.
      headers: { Origin: `http://127.0.0.1:${plan.port}`, Authorization: benchOperatorHeaders.authorization },
    },
    {
      opened: () => viewer.opened((payload) => connection.send(payload)),
      received: (payload, nowMs) => viewer.received(payload, nowMs),
      closed: (closeCode, reason) => {
        viewer.closed();
        if (isBlamed(closeCode, reason) && problems.length < 20) problems.push(`closed ${closeCode} ${reason}`);
        setTimeout(() => connectViewer(viewer, plan, clock), retryMs);
      },
    },
    clock,
  );
}

const methods = {
  /** Resolves when each viewer has chosen its hosts. */
  connect: async ({ plan, clockOffsetMs }: { readonly plan: ViewersPlan; readonly clockOffsetMs: number }) => {
    assert(followingCount === 0, 'connect() is called once');
    const clock = createClock(clockOffsetMs);
    const keys = Array.from({ length: plan.keyCount }, (_, metric) => metricName(metric));
    const following = new Promise<void>((resolve) => {
      onFollowing = () => {
        followingCount += 1;
        if (followingCount === plan.viewerCount) resolve();
      };
    });
    for (let index = 0; index < plan.viewerCount; index += 1) {
      const viewer = new SimulatedViewer({
        keys,
        choose: choiceOf(plan, index),
        windowMs,
        intervalMs: plan.intervalMs,
        meters,
        onFollowing: () => onFollowing(),
      });
      connectViewer(viewer, plan, clock);
    }
    if (plan.viewerCount > 0)
      await withDeadline(following, {
        msMax: followMsMax,
        what: () => `follow hosts: ${problems[0] ?? 'not enough hosts are known'}`,
      });
  },
  /** Forgets what was measured so far. */
  clear: async (_: null) => {
    meters.ticks.clear();
    meters.overviews.clear();
    meters.lags.clear();
    meters.bytes = meters.tickCount = meters.overviewCount = meters.snapshotCount = 0;
  },
  report: async (_: null) => ({
    ticks: meters.ticks.figures(),
    overviews: meters.overviews.figures(),
    lags: meters.lags.figures(),
    bytes: meters.bytes,
    tickCount: meters.tickCount,
    overviewCount: meters.overviewCount,
    snapshotCount: meters.snapshotCount,
    followingCount,
    problems: [...problems],
  }),
};

export type ViewersMethods = typeof methods;

serveGenerator(methods);
