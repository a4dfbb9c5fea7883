import { describe, expect, test } from 'vitest';
import { parsePageBytes, parseSwap, swapCollector } from './swap.ts';
import { hostWith, runOf } from './testing/host.ts';

const captured = (inPages: number, outPages: number) =>
  `pgpgin 4711\npgpgout 815\npswpin ${inPages}\npswpout ${outPages}\npgalloc_dma 0\n`;

/** Pairs of 64-bit words: 33 is the vDSO, 6 the size of a page, 0 the end. */
const auxv = (pageBytes: number) =>
  new Uint8Array(BigUint64Array.of(33n, 0x7ffc_1234_5678n, 6n, BigInt(pageBytes), 0n, 0n).buffer);

test('parseSwap() reads pages and has no number where the kernel does not count', () => {
  expect(parseSwap(captured(3, 12))).toEqual({ inPages: 3, outPages: 12 });
  expect(parseSwap('pgpgin 4711\n')).toEqual({ inPages: Number.NaN, outPages: Number.NaN });
});

test('parsePageBytes() finds the size in words of either width', () => {
  expect(parsePageBytes(auxv(16_384), 8)).toBe(16_384);
  expect(parsePageBytes(new Uint8Array(Uint32Array.of(16, 77, 6, 65_536, 0, 0).buffer), 4)).toBe(65_536);
  expect(parsePageBytes(new Uint8Array(9), 8)).toBeNull();
});

describe('swapCollector()', () => {
  test('writes what went in and out per second, in bytes of this machine', () => {
    const host = hostWith({ 'proc/vmstat': captured(100, 200), 'proc/self/auxv': auxv(16_384) });
    const run = runOf(swapCollector(host.folders));
    expect(run.at(0)).toEqual({ swap_in_bytes_per_sec: 'notDue', swap_out_bytes_per_sec: 'notDue' });
    host.write({ 'proc/vmstat': captured(110, 202) });
    expect(run.at(1)).toEqual({ swap_in_bytes_per_sec: 163_840, swap_out_bytes_per_sec: 32_768 });
  });

  test('takes pages of 4 KiB where the machine does not say', () => {
    const host = hostWith({ 'proc/vmstat': captured(0, 0) });
    const run = runOf(swapCollector(host.folders));
    run.at(0);
    host.write({ 'proc/vmstat': captured(1, 0) });
    expect(run.at(1)).toMatchObject({ swap_in_bytes_per_sec: 4_096 });
  });

  test('has no series where the kernel has no swap', () => {
    expect(runOf(swapCollector(hostWith({ 'proc/vmstat': 'pgpgin 1\n' }).folders)).at(0)).toEqual({});
  });
});
