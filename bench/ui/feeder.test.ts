/** The stand-in hub as a viewer meets it. */
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeToViewer, encodeMessage } from '#core/codec.ts';
import { type FromViewer, type ToViewer, viewerSubprotocol } from '#core/message.ts';
import { Feeder } from './feeder.ts';
import { overviewSeries } from './host-series.ts';

let feeder: Feeder;
let socket: WebSocket;

afterEach(async () => {
  socket?.close();
  await feeder.stop();
});

async function watch(messages: readonly FromViewer[]): Promise<{ next(kind: ToViewer['kind']): Promise<ToViewer> }> {
  feeder = new Feeder({ hostCount: 2, series: overviewSeries });
  const address = new URL(await feeder.start());
  socket = new WebSocket(`ws://${address.host}/live`, viewerSubprotocol);
  const came: ToViewer[] = [];
  let wake = () => {};
  socket.on('message', (data: Buffer) => {
    came.push(decodeToViewer(data));
    wake();
  });
  await new Promise((resolve) => socket.once('open', resolve));
  for (const message of messages) socket.send(encodeMessage(message));
  return {
    async next(kind) {
      for (;;) {
        const at = came.findIndex((message) => message.kind === kind);
        if (at >= 0) return came.splice(at, 1)[0]!;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test('tells of its hosts, and of a second more with each second, however fast they go', async () => {
  const viewer = await watch([{ kind: 'subscribe', hostIds: [2], windowMs: 300_000 }]);
  const hosts = await viewer.next('hosts');
  expect(hosts.kind === 'hosts' && hosts.hosts.map(({ name }) => name)).toEqual(['bench-0000', 'bench-0001']);
  await viewer.next('snapshot');
  feeder.run(1_000);
  const first = await viewer.next('tick');
  const second = await viewer.next('tick');
  expect(first.kind === 'tick' && second.kind === 'tick' && second.timeMs - first.timeMs).toBe(1_000);
  await feeder.reach(20);
  expect(feeder.seconds).toBeGreaterThanOrEqual(20);
});
