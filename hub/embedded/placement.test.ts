import { describe, expect, test } from 'vitest';
import type { RunAs } from './account.ts';
import { choosePlacement, type PlacementFacts, type PlacementProbes } from './placement.ts';

const account = { uid: 101, gid: 104 };
const facts: PlacementFacts = {
  selfUid: 0,
  selfIsNamed: true,
  account,
  dataFolder: '/data',
  fallbackFolder: '/var/lib/pulsewire/0a1b2c3d',
  existing: null,
};

/** A machine where each kind of account reaches the data and runs the binaries, or does not. */
function machine(works: {
  readonly reach: readonly RunAs['kind'][];
  readonly run: readonly RunAs['kind'][];
}): PlacementProbes {
  return {
    reach: async (runAs) => (works.reach.includes(runAs.kind) ? null : 'Permission denied'),
    run: async (runAs) => (works.run.includes(runAs.kind) ? null : 'Permission denied'),
  };
}

const open = machine({ reach: ['self', 'user', 'namespace'], run: ['self', 'user', 'namespace'] });
const closedToUsers = machine({ reach: ['namespace'], run: ['namespace'] });
const closed = machine({ reach: [], run: [] });

function clusterOf(uid: number): PlacementFacts['existing'] {
  return { home: '/data', folder: '/data/postgresql/cluster', uid, gid: uid };
}

describe('choosePlacement() without a cluster', () => {
  test.each([
    ['the account where it reaches everything', open, '/data', 'user', false],
    ['a namespace under a closed folder', closedToUsers, '/data', 'namespace', false],
    [
      'a namespace where only the binaries are closed',
      machine({ reach: ['user', 'namespace'], run: ['namespace'] }),
      '/data',
      'namespace',
      false,
    ],
    ['copied binaries without namespaces', machine({ reach: ['user'], run: [] }), '/data', 'user', true],
    [
      'the fallback when the data is closed',
      machine({ reach: [], run: ['user'] }),
      facts.fallbackFolder,
      'user',
      false,
    ],
    ['the fallback with copied binaries when all is closed', closed, facts.fallbackFolder, 'user', true],
  ])('as root takes %s', async (_, probes, home, kind, copiesBinaries) => {
    expect(await choosePlacement(facts, probes)).toEqual({ home, runAs: { kind, ...account }, copiesBinaries });
  });

  test('as root needs an account', async () => {
    await expect(choosePlacement({ ...facts, account: null }, open)).rejects.toThrow('/etc/passwd must name one of');
  });

  test('runs as itself when it is not root', async () => {
    expect(await choosePlacement({ ...facts, selfUid: 1_000 }, open)).toEqual({
      home: '/data',
      runAs: { kind: 'self' },
      copiesBinaries: false,
    });
  });

  test('needs a namespace for a uid without a name, as initdb asks for one', async () => {
    const placement = await choosePlacement({ ...facts, selfUid: 64_321, selfIsNamed: false }, open);
    expect(placement.runAs).toEqual({ kind: 'namespace', ...account });
  });

  test('says what the binaries said when they do not run here', async () => {
    await expect(choosePlacement({ ...facts, selfUid: 1_000 }, closed)).rejects.toThrow(
      'DATABASE_URL: got "Permission denied"',
    );
  });
});

describe('choosePlacement() with a cluster', () => {
  test.each([
    ['an account: as that account', 999, open, { kind: 'user', uid: 999, gid: 999 }, false],
    [
      'an account that cannot run the binaries: with a copy',
      999,
      machine({ reach: ['user'], run: [] }),
      { kind: 'user', uid: 999, gid: 999 },
      true,
    ],
    ['root: in a namespace', 0, closedToUsers, { kind: 'namespace', ...account }, false],
  ])('as root runs one of %s', async (_, uid, probes, runAs, copiesBinaries) => {
    expect(await choosePlacement({ ...facts, existing: clusterOf(uid) }, probes)).toEqual({
      home: '/data',
      runAs,
      copiesBinaries,
    });
  });

  test.each([
    ['of root without namespaces', { existing: clusterOf(0) }, 'must allow user namespaces'],
    ['of an account that is shut out', { existing: clusterOf(999) }, 'must be able to reach it'],
    ['of somebody else', { existing: clusterOf(0), selfUid: 1_000 }, 'must belong to the account of the hub, uid 1000'],
  ])('never leaves one %s for another place', async (_, changes, message) => {
    await expect(choosePlacement({ ...facts, ...changes }, closed)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(message),
    });
  });
});
