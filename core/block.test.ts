import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordsOf, writeAbsence } from './absence.ts';
import {
  type Block,
  BlockEncoder,
  type BlockInput,
  checkBlock,
  decodeBlock,
  decodeBlockColumn,
  decodeBlockShape,
  decodeBlockTimes,
  decodeOffsets,
  joinBlock,
  mapBlockColumns,
  splitBlock,
} from './block.ts';
import { DecodeError } from './errors.ts';

const seed = 6;
const encoder = new BlockEncoder();

/** Three ticks of three series: 1 2 3, constant 5, and 0.5 only at the first tick. */
function smallInput(): BlockInput {
  const values = Float64Array.of(1, 5, 0.5, 2, 5, 0, 3, 5, 0);
  writeAbsence(wordsOf(values), 5, 'notDue');
  writeAbsence(wordsOf(values), 8, 'notDue');
  const times = Float64Array.of(1_700_000_000_250, 1_700_000_001_250, 1_700_000_002_250);
  return { values, times, intervalMs: 1_000, tickCount: 3, columnCount: 3 };
}

function encode(input: BlockInput): Block {
  const { data, offsets } = encoder.encode(input);
  return { data: data.slice(), offsets: offsets.slice() };
}

function toHex(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
}

const anyInput = fc
  .record({
    tickCount: fc.integer({ min: 1, max: 70 }),
    columnCount: fc.integer({ min: 0, max: 8 }),
    pool: fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 10 }),
    jitter: fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 3 }),
    seed: fc.nat(),
  })
  .map(({ tickCount, columnCount, pool, jitter, seed: start }): BlockInput => {
    const bits = new Int32Array(tickCount * columnCount * 2);
    let state = start;
    for (let at = 0; at < bits.length; at += 2) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bits.set(pool[(state >>> 16) % pool.length]!, at);
    }
    const times = Float64Array.from(
      { length: tickCount },
      (_, tick) => 1_700_000_000_000 + tick * 500 + (jitter[tick % 5] ?? 0),
    );
    return { values: new Float64Array(bits.buffer), times, intervalMs: 500, tickCount, columnCount };
  });

describe('BlockEncoder.encode()', () => {
  test('writes the bytes of docs/storage.md', () => {
    const { data, offsets, sampleCount } = encoder.encode(smallInput());
    expect({ data: toHex(data), offsets: toHex(offsets), sampleCount }).toEqual({
      data: '10030300a08f56febc7842e8071a000202021040141201010201103fe0',
      offsets: '0d00120015001d00',
      sampleCount: 7,
    });
  });

  test('stores times off the grid as a column', () => {
    const input = { ...smallInput(), columnCount: 0, times: Float64Array.of(1_000, 2_000, 4_000) };
    expect(toHex(encoder.encode(input).data)).toBe('1103001a03fa01fa01f403');
  });

  test('takes columns one after the other just as ticks one after the other', () => {
    const input = smallInput();
    const bits = wordsOf(input.values);
    const turned = new Uint32Array(18);
    for (let tick = 0; tick < 3; tick += 1)
      for (let column = 0; column < 3; column += 1)
        turned.set(bits.subarray((tick * 3 + column) * 2, (tick * 3 + column) * 2 + 2), (column * 3 + tick) * 2);
    expect(encode({ ...input, values: new Float64Array(turned.buffer), order: 'columns' })).toEqual(encode(input));
  });

  test('writes four bytes an offset from 64 KiB on', () => {
    const tickCount = 1_024;
    const values = Float64Array.from({ length: tickCount * 10 }, (_, index) => Math.sin(index));
    const times = Float64Array.from({ length: tickCount }, (_, tick) => tick * 1_000 + 1_000);
    const block = encode({ values, times, intervalMs: 1_000, tickCount, columnCount: 10 });
    expect(block.offsets.length).toBe(44);
    expect(decodeBlock(block, { tickCount, columnCount: 10 })).toEqual({ times, values });
  });
});

describe('a block', () => {
  test('comes back bit for bit, as a whole, by column, joined, and with its columns transformed', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { tickCount, columnCount } = input;
        const block = encode(input);
        const decoded = decodeBlock(splitBlock(joinBlock(block)), { tickCount, columnCount });
        expect([toHex(decoded.times), toHex(decoded.values)]).toEqual([toHex(input.times), toHex(input.values)]);

        const turned = mapBlockColumns(block, columnCount, (bytes) => bytes.toReversed());
        expect(mapBlockColumns(turned, columnCount, (bytes) => bytes.toReversed())).toEqual(block);

        const offsets = decodeOffsets(block.offsets, columnCount, block.data.length);
        const head = block.data.subarray(0, offsets[0]!);
        expect(decodeBlockShape(head)).toEqual({ tickCount, columnCount });
        expect(decodeBlockTimes(head)).toEqual(input.times);
        for (let column = 0; column < columnCount; column += 1) {
          const cut = decodeBlockColumn(block.data.subarray(offsets[column]!, offsets[column + 1]!), tickCount);
          const expected = new Uint32Array(tickCount * 2);
          const bits = wordsOf(input.values);
          for (let tick = 0; tick < tickCount; tick += 1) {
            const at = (tick * columnCount + column) * 2;
            expected.set(bits.subarray(at, at + 2), tick * 2);
          }
          expect(toHex(cut)).toBe(toHex(expected));
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  test('checkBlock() counts the numbers that the encoder counted', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { data, offsets, sampleCount } = encoder.encode(input);
        expect(checkBlock({ data, offsets }, input)).toBe(sampleCount);
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe('a damaged block', () => {
  const small = encode(smallInput());
  const shape = { tickCount: 3, columnCount: 3 };
  const hugeHead = Buffer.from('108040804000a08f56febc7842e807', 'hex');

  test.each([
    ['other counts than expected', () => decodeBlock(small, { tickCount: 3, columnCount: 2 })],
    ['more values than allowed, before it makes room', () => decodeBlock(small, shape, 8)],
    [
      'many columns of many ticks in few bytes',
      () => decodeBlock({ data: hugeHead, offsets: new Uint8Array(16_386) }, { tickCount: 8_192, columnCount: 8_192 }),
    ],
    ['more ticks than a block has', () => decodeBlockShape(Buffer.from('10ffff7f01', 'hex'))],
    ['a block without ticks', () => decodeBlockShape(Buffer.from('100001', 'hex'))],
    ['another version', () => decodeBlockShape(Buffer.from('200101', 'hex'))],
    ['times of an unknown kind', () => decodeBlockShape(Buffer.from('120101', 'hex'))],
    ['an interval of 0', () => decodeBlockTimes(Buffer.from('10010100a08f56febc784200', 'hex'))],
    ['a first time that is no number', () => decodeBlockTimes(Buffer.from('100101000000000000f87f01', 'hex'))],
    [
      'a column of times that are no numbers',
      () =>
        checkBlock(
          { data: Buffer.from('110200107ff8', 'hex'), offsets: Uint8Array.of(6, 0) },
          { tickCount: 2, columnCount: 0 },
        ),
    ],
    ['a directory of another length', () => decodeOffsets(small.offsets.subarray(1), 3)],
    ['a directory that does not rise', () => decodeOffsets(Uint8Array.of(4, 0, 4, 0), 1)],
    ['a directory that does not end with the data', () => decodeOffsets(small.offsets, 3, small.data.length + 1)],
    ['a directory that is longer than the message', () => splitBlock(Uint8Array.of(5, 0, 0, 0, 1, 2))],
    ['a tick count that is none', () => decodeBlockColumn(Uint8Array.of(0x10), 1e9)],
  ])('is refused for %s', (_, run) => {
    expect(run).toThrow(DecodeError);
  });

  test('is refused when it is cut at any place', () => {
    const joined = joinBlock(small);
    for (let cut = 0; cut < joined.length; cut += 1)
      expect(() => decodeBlock(splitBlock(joined.subarray(0, cut)), shape)).toThrow(DecodeError);
  });

  test('decodes or is refused, whatever was changed in it', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyInput, changes, (input, list) => {
        const bytes = joinBlock(encode(input));
        for (const [place, byte] of list) bytes[place % bytes.length] = byte;
        for (const run of [() => decodeBlock(splitBlock(bytes), input), () => checkBlock(splitBlock(bytes), input)]) {
          try {
            run();
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
      { seed, numRuns: 1_500 },
    );
  });
});
