/**
 * A process that appends to a spool as fast as it can, printing each seq once it is returned: what the end-to-end test
 * kills. Arguments: file, epoch, and if it is to end by itself, the number of ticks and "keep" for no acks.
 */
import { openSpool } from '../../spool.ts';

const [file = '', epoch = '', count = '1e9', keep = ''] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const spool = openSpool({ file, bytesMax: 4 * 1024 * 1024, log, nowMs: Date.now });
const layoutId = '0011223344556677';

spool.openEpoch({ epoch, bootId: 'b'.repeat(32), startWallMs: 1_000, startMonotonicMs: 0 });
spool.addLayout(layoutId, new Uint8Array([1]));
process.stdout.write('ready\n');
for (let index = 1; index <= Number(count); index += 1) {
  const column = new Uint8Array(Float64Array.from({ length: 100 }, (_, place) => index + place).buffer);
  const seq = spool.append({ timeMs: 1_000 + index, layoutId, column });
  process.stdout.write(`${seq}\n`);
  if (keep === '' && seq !== null && seq % 20 === 0) spool.acknowledge(epoch, seq - 10, 0);
}
spool.close();
