/**
 * A dashboard's connection: whatever it sends, to a hub with some hosts, a few of which have ticks.
 *
 * Input: messages one after the other, each behind its length in two bytes. The hub takes them or throws ProtocolError,
 * and whatever it sends is what a dashboard can decode.
 */
import { decodeFromViewer, decodeToViewer } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import { subscribedHostsMax } from '#core/limits.ts';
import type { Status } from '#core/message.ts';
import { Fanout, type ViewerSocket } from '../../hub/live/fanout.ts';
import { Registry } from '../../hub/registry.ts';
import { hostIdentity } from '../../hub/testing/host-identity.ts';
import { gauges, tickOf } from '../../hub/testing/ticks.ts';
import { partsOf } from '../parts.ts';

const nowMs = 1_700_000_000_000;
const layouts = [gauges(['a', 'b{x="1"}']), gauges(['a', 'c'])] as const;
const status: Status = {
  ...{ kind: 'status', nowMs, storage: 'stored', unstoredMs: 0, hostCount: 3, connectedCount: 3, viewerCount: 1 },
  ...{ samplesPerSec: 0, newestMs: nowMs, pulse: null },
};

const registry = new Registry({ ringBytesMax: 1e7, ringWindowMsMax: 300_000 });
// More than may be subscribed to, of which three have ticks.
for (let hostId = 1; hostId <= subscribedHostsMax + 2; hostId += 1) registry.put(hostIdentity(hostId));
for (const hostId of [1, 2, 3]) {
  for (let seq = 1; seq <= 20; seq += 1) {
    const layout = layouts[seq > 10 ? 1 : 0];
    registry.push(hostId, tickOf(layout, seq, [seq, -seq], { startMs: nowMs - 20_000 }), 0);
  }
}

export function fuzz(input: Buffer): void {
  const fanout = new Fanout(registry, { publish: checkSent, fillRing: () => undefined, openAlerts: () => [] });
  const socket: ViewerSocket = {
    send: (bytes) => {
      checkSent('', bytes);
      return 'sent';
    },
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    bufferedBytes: () => 0,
    close: () => fanout.closed(socket),
  };
  fanout.opened(socket, status);
  try {
    for (const bytes of partsOf(input)) {
      fanout.received(socket, decodeFromViewer(bytes), nowMs);
      for (const hostId of [1, 2, 3])
        fanout.ticked({ hostId, ...tickOf(layouts[1], 21, [1, 2], { startMs: nowMs - 20_000 }) });
      fanout.poll(nowMs, 1_000);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  fanout.closed(socket);
}

function checkSent(_topic: string, bytes: Uint8Array): void {
  decodeToViewer(bytes);
}
