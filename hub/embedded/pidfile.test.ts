import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideStart, type ProcessFacts, parsePidFile, type StartFacts } from './pidfile.ts';

const cluster = '/data/postgresql/cluster';
const text = `4711\n${cluster}\n1795361234\n5432\n.\n\n  2147680         9\nready   \n`;
const server: ProcessFacts = {
  pid: 4711,
  kind: 'process',
  uid: 101,
  executable: '/opt/native/bin/postgres',
  workingFolder: cluster,
};

function facts(changes: Partial<StartFacts>): StartFacts {
  return { file: parsePidFile(text), process: null, holders: [], clusterFolder: cluster, clusterUid: 101, ...changes };
}

describe('parsePidFile()', () => {
  test('reads the pid and the status', () => {
    expect(parsePidFile(text)).toEqual({ kind: 'entry', pid: 4711, status: 'ready' });
  });

  test.each([
    ['standby', '9\n/d\n1\n5432\n.\n\n1 1\nstandby\n', { kind: 'entry', pid: 9, status: 'unknown' }],
    ['no status yet', '9\n/d\n', { kind: 'entry', pid: 9, status: 'unknown' }],
    ['a standalone backend', '-9\n', { kind: 'entry', pid: 9, status: 'unknown' }],
    ['an empty file', '', { kind: 'unusable', reason: 'it is empty' }],
    ['zero bytes', '\0\0', { kind: 'unusable', reason: 'it starts with "\\u0000\\u0000"' }],
    ['pid 0, which would be our own process group', '0\n', { kind: 'unusable', reason: 'it starts with "0"' }],
  ])('takes %s for what it is', (_, given, expected) => {
    expect(parsePidFile(given)).toEqual(expected);
  });

  test('never answers a pid that is not positive, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (given) => {
        const file = parsePidFile(given);
        expect(file.kind === 'unusable' || (Number.isSafeInteger(file.pid) && file.pid > 0)).toBe(true);
      }),
      { seed: 20_261_122 },
    );
  });
});

describe('decideStart()', () => {
  const unusable = parsePidFile('');
  test.each<[string, Partial<StartFacts>, string]>([
    ['no file', { file: null }, 'start'],
    ['a file of a process that is gone', {}, 'start'],
    ['an empty file', { file: unusable }, 'clear'],
    ['a live postmaster', { process: server, holders: [4711, 4712] }, 'adopt'],
    ['one whose binary was replaced', { process: { ...server, executable: '/x/postgres (deleted)' } }, 'adopt'],
    ['one on a system that hides working folders', { process: { ...server, workingFolder: null } }, 'adopt'],
    ['a thread', { process: { ...server, kind: 'thread' } }, 'clear'],
    ['a postmaster that has ended and was not waited for', { process: { ...server, kind: 'zombie' } }, 'clear'],
    ['another program', { process: { ...server, executable: '/usr/bin/node' } }, 'clear'],
    ['a program whose name ends alike', { process: { ...server, executable: '/usr/bin/notpostgres' } }, 'clear'],
    ['the server of another cluster', { process: { ...server, workingFolder: '/elsewhere' } }, 'clear'],
    ['a process of another account', { process: { ...server, uid: 0, executable: null } }, 'clear'],
    ['a process that cannot be inspected', { process: { ...server, executable: null } }, 'wait'],
    ['backends without a postmaster', { holders: [4712] }, 'wait'],
    ['backends and no file', { file: null, holders: [4712] }, 'wait'],
    ['backends and an empty file', { file: unusable, holders: [4712] }, 'wait'],
    ['backends and a reused pid', { process: { ...server, executable: '/usr/bin/node' }, holders: [4712] }, 'wait'],
  ])('meets %s', (_, changes, kind) => {
    expect(decideStart(facts(changes)).kind).toBe(kind);
  });

  test('starts or clears only when no server process holds the cluster', () => {
    const processes = fc.option(
      fc.record<ProcessFacts>({
        pid: fc.constant(4711),
        kind: fc.constantFrom('process', 'thread', 'zombie'),
        uid: fc.constantFrom(null, 0, 101),
        executable: fc.constantFrom(null, '/b/postgres', '/b/node'),
        workingFolder: fc.constantFrom(null, cluster, '/elsewhere'),
      }),
    );
    const files = fc.constantFrom(null, parsePidFile(''), parsePidFile(text));
    fc.assert(
      fc.property(files, processes, fc.constantFrom([], [4712]), (file, process, holders) => {
        const { kind } = decideStart(facts({ file, process, holders }));
        if (kind === 'start' || kind === 'clear') expect(holders).toEqual([]);
      }),
      { seed: 20_261_122 },
    );
  });
});
