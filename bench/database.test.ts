import { expect, test } from 'vitest';
import { accountingProblems, type StoredStream } from './database.ts';

function stream(changes: Partial<StoredStream>): StoredStream {
  return {
    epoch: 'e',
    hostName: 'one',
    storedSeq: 10,
    storedTicks: 10,
    gapTicks: 0,
    coveredTicks: 10,
    gapSeqs: 0,
    overlaps: 0,
    holes: 0,
    lastSeq: 10,
    ...changes,
  };
}

const sent = new Map([['e', { producedSeq: 10, ackedSeq: 10 }]]);

test('accountingProblems() finds none when rows, stream and sender agree', () => {
  expect(accountingProblems([stream({})], sent)).toEqual([]);
});

test('accountingProblems() tells missing rows from what the stream claims', () => {
  expect(accountingProblems([stream({ coveredTicks: 9, holes: 1 })], sent)).toEqual([
    'one: ticks in batches and chunks must be 10: got 9',
    'one: holes must be 0: got 1',
  ]);
});

test('accountingProblems() misses a stream that was sent and not stored', () => {
  expect(accountingProblems([], sent)).toEqual(['stream e must be stored: got no row']);
});
