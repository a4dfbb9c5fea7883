import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from './audit.ts';
import { AuditLog, queuedEntriesMax } from './audit-log.ts';
import type { AuditRow } from './audit-row.ts';

/** A table that can be away, and a log that is read. */
class World {
  readonly rows: AuditRow[] = [];
  readonly lines: Record<string, unknown>[] = [];
  readonly unfit = new Set<string>();
  isAway = false;
  tries = 0;
  readonly audit = new AuditLog({
    write: async (rows) => {
      this.tries += 1;
      if (this.isAway) throw new Error('away');
      if (rows.some(({ object }) => this.unfit.has(object))) return 'unfit';
      this.rows.push(...rows);
      return 'written';
    },
    log: pino({}, { write: (line: string) => void this.lines.push(JSON.parse(line) as Record<string, unknown>) }),
    nowMs: () => 5_000,
    random: () => 0,
  });

  get objects(): string[] {
    return this.rows.map(({ object }) => object);
  }

  linesOf(message: string): Record<string, unknown>[] {
    return this.lines.filter(({ msg }) => msg === message);
  }
}

function entry(object: string, more: Partial<AuditEntry> = {}): AuditEntry {
  const actor = { kind: 'operator' } as const;
  return {
    ...{ atMs: 1_000, actor, action: 'rule.created', object, result: 'done', status: 201 },
    ...{ address: '192.0.2.7', userAgent: '', detail: {} },
    ...more,
  };
}

const stranger = { actor: { kind: 'anonymous', canRead: false }, result: 'refused', status: 401 } as const;

describe('AuditLog', () => {
  test('resolves when the entry is in the table', async () => {
    const { audit, objects: before, rows } = new World();
    await audit.record(entry('disk'));
    expect(before).toEqual([]);
    expect(rows).toMatchObject([{ object: 'disk', actorKind: 'operator', repeats: 1 }]);
    expect(audit.count).toBe(0);
  });

  test('writes what happens at once in few statements, in order, each under a key of its own', async () => {
    const world = new World();
    await Promise.all(Array.from({ length: 450 }, (_, index) => world.audit.record(entry(String(index)))));
    expect(world.objects).toEqual(Array.from({ length: 450 }, (_, index) => String(index)));
    expect(world.tries).toBeLessThan(6);
    expect(new Set(world.rows.map(({ key }) => key)).size).toBe(450);
  });

  test('keeps entries while the database is away, holds no answer up, and writes them once when it is back', async () => {
    const world = new World();
    world.isAway = true;
    await Promise.all(['a', 'b', 'c'].map((object) => world.audit.record(entry(object))));
    await world.audit.record(entry('d'));
    expect(world.audit.count).toBe(4);
    expect(world.linesOf('audit.delayed')).toHaveLength(1);
    world.isAway = false;
    world.audit.retry();
    await expect.poll(() => world.objects).toEqual(['a', 'b', 'c', 'd']);
    expect(world.audit.count).toBe(0);
  });

  test('tries again by itself', async () => {
    const world = new World();
    world.isAway = true;
    await world.audit.record(entry('a'));
    world.isAway = false;
    await expect.poll(() => world.objects).toEqual(['a']);
  });

  test('full of different entries gives the oldest up: counted, and whole in the log', async () => {
    const world = new World();
    world.isAway = true;
    for (let index = 0; index < queuedEntriesMax + 2; index += 1) void world.audit.record(entry(`rule ${index}`));
    expect(world.audit.count).toBe(queuedEntriesMax);
    expect(world.audit.lostCount).toBe(2);
    expect(world.linesOf('audit.lost')).toMatchObject([
      // The very first is in a statement already.
      { object: 'rule 1', action: 'rule.created', address: '192.0.2.7', why: 'queue-full' },
      { object: 'rule 2' },
    ]);
  });

  test('full of refused tries counts them and loses none that is not alike', async () => {
    const world = new World();
    world.isAway = true;
    const viewer = { kind: 'person', personId: 1, name: 'ann', role: 'viewer', sessionId: 1 } as const;
    const refused = { actor: viewer, result: 'refused', status: 403 } as const;
    void world.audit.record(entry('first'));
    // From so many addresses that none of them is a flood.
    for (let index = 0; index < queuedEntriesMax + 500; index += 1)
      void world.audit.record(entry('same', { ...refused, address: `192.0.2.${index % 300}` }));
    expect(world.audit.lostCount).toBe(0);
    world.isAway = false;
    world.audit.retry();
    await expect.poll(() => world.audit.count).toBe(0);
    expect(world.objects).toContain('first');
    const sum = world.rows.filter(({ object }) => object === 'same').reduce((total, { repeats }) => total + repeats, 0);
    expect(sum).toBe(queuedEntriesMax + 500);
  });

  test('writes the first refused requests of a stranger one by one and counts the flood behind them', async () => {
    const world = new World();
    for (let index = 0; index < 1_000; index += 1) await world.audit.record(entry('x', { ...stranger, atMs: 1_000 }));
    await world.audit.record(entry('other', { ...stranger, address: '192.0.2.8' }));
    expect(world.rows).toHaveLength(21);
    world.audit.poll(30_000);
    expect(world.rows).toHaveLength(21);
    world.audit.poll(61_001);
    await expect.poll(() => world.rows.length).toBe(22);
    expect(world.rows.reduce((total, { repeats }) => total + repeats, 0)).toBe(1_001);
    expect(world.linesOf('audit.recorded').length).toBe(22);
  });

  test('counts the flood of somebody who is signed in, whatever its objects are, and nobody as somebody else', async () => {
    const world = new World();
    const viewer = { kind: 'person', personId: 1, name: 'ann', role: 'viewer', sessionId: 1 } as const;
    const token = { kind: 'token', tokenId: 1, name: 'ci', scope: 'push', clientId: null } as const;
    const refused = { result: 'refused', status: 403 } as const;
    // As many strangers as are counted each on its own come first.
    for (let index = 0; index < 2_000; index += 1)
      void world.audit.record(entry('x', { ...stranger, address: `2001:db8::${index.toString(16)}` }));
    for (let index = 0; index < 500; index += 1) {
      void world.audit.record(entry(`/api/v1/people/${index}`, { ...refused, actor: viewer }));
      void world.audit.record(entry(`/api/v1/people/${index}`, { ...refused, actor: token }));
    }
    void world.audit.record(entry('other', { ...refused, actor: { ...viewer, personId: 2 } }));
    void world.audit.record(entry('done', { actor: viewer }));
    await world.audit.drain(10_000);
    const repeatsOf = (kind: string, id: number) =>
      world.rows.filter(({ actorKind, actorId }) => actorKind === kind && actorId === id).map(({ repeats }) => repeats);
    const flood = [...Array.from({ length: 20 }, () => 1), 480];
    expect(repeatsOf('token', 1)).toEqual(flood);
    expect(repeatsOf('person', 1).sort((a, b) => a - b)).toEqual([1, ...flood]);
    expect(repeatsOf('person', 2)).toEqual([1]);
    expect(world.audit.lostCount).toBe(0);
  });

  test('counts strangers of a hundred thousand addresses within a bound', async () => {
    const world = new World();
    for (let index = 0; index < 100_000; index += 1)
      void world.audit.record(entry('x', { ...stranger, address: `2001:db8::${index.toString(16)}` }));
    await world.audit.drain(10_000);
    expect(world.rows.length).toBeLessThan(1_100);
    expect(world.rows.reduce((total, { repeats }) => total + repeats, 0)).toBe(100_000);
  });

  test('loses only the row that the table does not take', async () => {
    const world = new World();
    world.unfit.add('bad');
    await Promise.all(['a', 'bad', 'b', 'c'].map((object) => world.audit.record(entry(object))));
    expect(world.objects).toEqual(['a', 'b', 'c']);
    expect(world.linesOf('audit.lost')).toMatchObject([{ object: 'bad', why: 'unfit' }]);
  });

  test('event() writes down what nobody asked for', async () => {
    const world = new World();
    world.audit.event({ action: 'agent.enrolled', object: 'web-1', address: '192.0.2.9', detail: { host: 'web-1' } });
    await world.audit.drain(1_000);
    expect(world.rows).toMatchObject([
      { atMs: 5_000, actorKind: 'hub', action: 'agent.enrolled', result: 'done', status: null, address: '192.0.2.9' },
    ]);
  });

  test('end() says how many are only in the log', async () => {
    const world = new World();
    world.isAway = true;
    await world.audit.record(entry('a'));
    await world.audit.drain(100);
    world.audit.end();
    expect(world.linesOf('audit.unwritten')).toMatchObject([{ entries: 1 }]);
  });
});
