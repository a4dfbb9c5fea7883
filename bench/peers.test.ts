import { expect, test } from 'vitest';
import { parsePeersTable, parseStorageLine } from './peers.ts';

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

test('parseStorageLine() adds up data and index', () => {
  const text =
    'victoria-metrics: 5126400 real samples (3600 ticks x 356 series x 4), data 0.155 B/sample, index 0.038 B/sample, cpu 0.50 M/core-s\n';

  expect(parseStorageLine(text)).toEqual({
    vmSamples: 5_126_400,
    vmDataBytesPerSample: 0.155,
    vmIndexBytesPerSample: 0.038,
    vmBytesPerSample: 0.193,
    vmCpuSecPerMillionSamples: 2,
  });
  expect(parseStorageLine('nothing')).toBe(null);
});
