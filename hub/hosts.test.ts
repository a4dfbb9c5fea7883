import { describe, expect, test } from 'vitest';
import { Hosts } from './hosts.ts';
import { HttpError } from './http.ts';
import { Registry } from './registry.ts';
import type { KnownHost } from './store/admission.ts';
import type { EditAnswer, HostChanges, HostEdit } from './store/host-edits.ts';
import { hostIdentity } from './testing/host-identity.ts';

const noEdit = { newName: null, alias: null, peopleTags: null };

class Harness {
  readonly registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
  readonly edits: HostEdit[] = [];
  readonly sinces: string[] = [];
  readonly removed: number[] = [];
  readonly freedNames: string[] = [];
  readonly renamed: string[] = [];
  edited: EditAnswer | 'away' = { kind: 'unknown' };
  removedId: number | null | 'away' = null;
  /** Answers a read of changes; what happens meanwhile is up to the test. */
  changes: () => Partial<HostChanges> = () => ({});
  readonly hosts = new Hosts(
    {
      registry: this.registry,
      edit: async (edit) => {
        this.edits.push(edit);
        return heard(this.edited);
      },
      remove: async () => heard(this.removedId),
      readChanges: async (since) => {
        this.sinces.push(since);
        const livingIds = [...this.registry.hosts()].map((host) => host.identity.hostId);
        return { livingIds, changed: [], readAt: `after ${since}`, ...this.changes() };
      },
      onRemoved: (host) => this.removed.push(host.identity.hostId),
      onNameFreed: (hostName) => this.freedNames.push(hostName),
      onRenamed: ({ identity }) => this.renamed.push(identity.name),
    },
    'start',
  );
}

function heard<T>(answer: T | 'away'): T {
  if (answer === 'away') throw new Error('away');
  return answer as T;
}

async function statusOf(work: Promise<unknown>): Promise<number> {
  return await work.then(
    () => 200,
    (error: unknown) => {
      if (error instanceof HttpError) return error.status;
      throw error;
    },
  );
}

function host(hostId: number, said: Partial<KnownHost> = {}): KnownHost {
  return hostIdentity(hostId, said);
}

describe('edit()', () => {
  test('shows the host as the database has it now, with the interval that its ticks have', async () => {
    const hub = new Harness();
    hub.registry.put(host(1, { name: 'web', intervalMs: 5_000 }));
    hub.registry.takeChanges();
    hub.edited = { kind: 'edited', host: host(1, { name: 'front', alias: 'Shop', version: 2 }) };
    const edit = { ...noEdit, hostName: 'web', newName: 'front', alias: 'Shop' };
    const shown = await hub.hosts.edit(edit);

    expect([hub.edits, shown.identity]).toEqual([
      [edit],
      host(1, { name: 'front', alias: 'Shop', version: 2, intervalMs: 5_000 }),
    ]);
    expect(hub.registry.takeChanges()?.hosts.map((row) => row.alias)).toEqual(['Shop']);
    expect([hub.registry.byName('web'), hub.freedNames]).toEqual([undefined, ['web', 'front']]);
    expect(hub.renamed).toEqual(['front']);
  });

  test('answers 404, 409 and 503', async () => {
    const hub = new Harness();
    const statuses: number[] = [];
    for (const answer of [{ kind: 'unknown' }, { kind: 'taken' }, 'away'] as const) {
      hub.edited = answer;
      statuses.push(await statusOf(hub.hosts.edit({ ...noEdit, hostName: 'web', newName: 'db' })));
    }
    expect(statuses).toEqual([404, 409, 503]);
  });
});

describe('remove()', () => {
  test('lets go of the host everywhere', async () => {
    const hub = new Harness();
    hub.registry.put(host(1, { name: 'web' }));
    hub.removedId = 1;
    await hub.hosts.remove('web');

    expect([hub.registry.count, hub.removed, hub.freedNames]).toEqual([0, [1], ['web']]);
  });

  test('answers 404 and 503, and removes what only the database knows', async () => {
    const hub = new Harness();
    const statuses: number[] = [];
    for (const answer of [null, 'away', 77] as const) {
      hub.removedId = answer;
      statuses.push(await statusOf(hub.hosts.remove('web')));
    }
    expect([statuses, hub.removed]).toEqual([[404, 503, 200], []]);
  });
});

describe('follow()', () => {
  test('takes over what another hub has changed, added and removed', async () => {
    const hub = new Harness();
    for (const hostId of [1, 2, 3]) hub.registry.put(host(hostId, { version: 5 }));
    hub.changes = () => ({
      livingIds: [1, 3, 4],
      changed: [
        host(1, { alias: 'older than what is known', version: 4 }),
        host(3, { name: 'renamed', version: 6 }),
        host(4),
      ],
    });
    await hub.hosts.follow();
    await hub.hosts.follow();

    expect([...hub.registry.hosts()].map(({ identity }) => [identity.hostId, identity.name, identity.alias])).toEqual([
      [1, 'host-1', ''],
      [3, 'renamed', ''],
      [4, 'host-4', ''],
    ]);
    expect([hub.removed, hub.sinces]).toEqual([[2], ['start', 'after start']]);
  });

  test('leaves a host alone that came while the database was read', async () => {
    const hub = new Harness();
    hub.changes = () => {
      hub.registry.put(host(9));
      return { livingIds: [] };
    };
    await hub.hosts.follow();

    expect([hub.registry.count, hub.removed]).toEqual([1, []]);
  });
});
