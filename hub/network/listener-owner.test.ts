import { createServer, type Server } from 'node:net';
import { endianness, platform } from 'node:os';
import { expect, test } from 'vitest';
import { listenerUids, uidsIn } from './listener-owner.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, uid: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 963994 1 0000 100 0\n`;
const v4 = `${head}${row('0100007F:22B8', '0A', 1_000)}${row('0100007F:22B8', '01', 1_001)}${row('0200007F:22B8', '0A', 1_002)}${row('00000000:22B9', '0A', 1_003)}`;
const v6 = `${head}${row('00000000000000000000000001000000:22B8', '0A', 2_000)}${row('00000000000000000000000000000000:22B9', '0A', 2_001)}${row('0000000000000000FFFF00000100007F:22BA', '0A', 2_002)}`;

test.runIf(endianness() === 'LE').each([
  ['http://127.0.0.1:8888', [1_000]],
  ['http://127.0.0.2:8888', [1_002]],
  ['http://[::1]:8888', [2_000]],
  ['http://127.0.0.1:8889', [1_003, 2_001]],
  ['http://[::1]:8889', [1_003, 2_001]],
  ['http://127.0.0.1:8890', [2_002]],
  ['http://hub.example.org:8888', [1_000, 1_002, 2_000]],
  ['http://127.0.0.1:8891', []],
  ['http://127.0.0.1', []],
])('at %s listen %j', (url, uids) => {
  expect([v4, v6].flatMap((table) => uidsIn(table, new URL(url)))).toEqual(uids);
});

test('a table that is none has nobody', () => {
  expect(uidsIn('', new URL('http://127.0.0.1:8888'))).toEqual([]);
});

test.runIf(platform() === 'linux')('a program of our own is ours', async () => {
  const server = await new Promise<Server>((resolve) => {
    const made = createServer().listen(0, '127.0.0.1', () => resolve(made));
  });
  const { port } = server.address() as { port: number };
  expect(listenerUids(new URL(`http://127.0.0.1:${port}`))).toEqual([process.getuid!()]);
  server.close();
});
