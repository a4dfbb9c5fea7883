import { expect, test } from 'vitest';
import { parsePeersTable } from './peers.ts';

test('parsePeersTable() reads the line of each peer', () => {
  const text = [
    'dataset: 200 hosts x 50 metrics x 500 ticks = 5.00 M samples',
    'vm-rw        wall 1.31 M samples/s | 1.20 M samples/core-s | wire 13.0 B/sample | disk 1.02 B/sample | rss 300 MB',
  ].join('\n');

  expect(parsePeersTable(text)).toEqual({
    vmRwSamplesPerSec: 1_310_000,
    vmRwSamplesPerCoreSec: 1_200_000,
    vmRwWireBytesPerSample: 13,
  });
});
