import { pino } from 'pino';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { AlertBook, type AlertBookPorts } from './alert-book.ts';
import type { AlertsFile, PlainChannel } from './alert-forms.ts';
import { defaultRules } from './alerting/default-rules.ts';
import { HttpError } from './http.ts';
import { SecretBox } from './secret-box.ts';
import type { AlertDefinitions } from './store/alerts/definitions.ts';
import { alertMethods } from './store/alerts/methods.ts';
import type { RuleDraft } from './store/alerts/rules.ts';
import { withDatabase } from './testing/database.ts';

const secrets = new SecretBox(new Uint8Array(32).fill(7));
const log = pino({ level: 'silent' });
const noFile: AlertsFile = { rules: [], channels: [], downtimes: [] };
const ops: PlainChannel = {
  name: 'ops',
  kind: 'webhook',
  settings: { url: 'https://example.org/hook', secret: 'canary' },
  isEnabled: true,
};
const down = defaultRules.find(({ spec }) => spec.subject.kind === 'hostDown')!;

function draft(name: string, change: Partial<RuleDraft['spec']> = {}): RuleDraft {
  return { name, spec: { ...down.spec, ...change }, isEnabled: true };
}

/** A hub's book; `told` is what it has told whoever judges. */
function bookOn(sql: postgres.Sql, ports: Partial<AlertBookPorts> = {}, file: AlertsFile | null = null) {
  const told: AlertDefinitions[] = [];
  const book = new AlertBook(
    {
      store: alertMethods(sql),
      secrets,
      log,
      onChanged: (definitions) => told.push(definitions),
      onQuietChanged: () => {},
      onAcknowledged: () => {},
      soon: (work) => work(),
      ...ports,
    },
    file,
  );
  return { book, told };
}

/** The status and the message of what is refused. */
async function refusal(work: Promise<unknown>): Promise<[number, string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HttpError) return [error.status, error.message];
    throw error;
  }
  throw new Error('It was not refused');
}

const asIs = <T>(item: T) => item;
const namesOf = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('AlertBook', () => {
  test('begins with the default rules, and does not make them again', () =>
    withDatabase(async ({ sql }) => {
      const { book, told } = bookOn(sql);
      await book.load();
      expect(namesOf(told.at(-1)!.rules)).toEqual(namesOf(defaultRules));
      await book.removeRule(book.definitions.rules[0]!.id);
      const again = bookOn(sql).book;
      await again.load();

      expect(namesOf(again.definitions.rules)).toEqual(namesOf(defaultRules).slice(1));
      expect(again.counts).toEqual({ rule: defaultRules.length - 1, channel: 0, downtime: 0, silence: 0 });
    }));

  test('answers 503 before it has read the database and while that is away, and works when it is back', () =>
    withDatabase(async ({ sql }) => {
      const methods = alertMethods(sql);
      let isAway = true;
      const away =
        <A, R>(method: (argument: A) => Promise<R>) =>
        (argument: A) =>
          isAway ? Promise.reject(new Error('ECONNREFUSED')) : method(argument);
      const { readDefinitions, createRule, removeRule } = methods;
      const store = {
        ...methods,
        readDefinitions: away(readDefinitions),
        createRule: away(createRule),
        removeRule: away(removeRule),
      };
      const { book } = bookOn(sql, { store });
      await expect(book.load()).rejects.toThrow('ECONNREFUSED');
      expect((await refusal(book.createRule(draft('a'), { isNamed: true })))[0]).toBe(503);
      expect(() => book.rule(1)).toThrow('must have been read');
      isAway = false;
      await book.follow();
      const { id } = await book.createRule(draft('a'), { isNamed: true });
      isAway = true;
      expect(await refusal(book.removeRule(id))).toEqual([503, 'Cannot remove rule: the database is away']);

      expect(book.rule(id).name).toBe('a');
    }));

  test('follows what another hub does', () =>
    withDatabase(async ({ sql }) => {
      const here = bookOn(sql).book;
      const there = bookOn(sql);
      await here.load();
      await there.book.load();
      const { id } = await here.createRule(draft('a'), { isNamed: true });
      await here.createChannel(ops);
      await there.book.follow();
      const changes = there.told.length;
      await there.book.follow();
      expect([namesOf(there.book.definitions.channels), there.told.length]).toEqual([['ops'], changes]);
      await there.book.editRule(id, { version: 1, change: ({ spec }) => ({ ...draft('b'), spec }) });
      await there.book.removeRule(here.definitions.rules[0]!.id);
      await here.follow();

      expect(here.rule(id)).toMatchObject({ name: 'b', version: 2 });
      expect(here.counts).toEqual(there.book.counts);
    }));

  test('changes a rule as the client has seen it; without a word of that, as it is now', () =>
    withDatabase(async ({ sql }) => {
      const here = bookOn(sql).book;
      const there = bookOn(sql).book;
      await here.load();
      const { id } = await here.createRule(draft('a'), { isNamed: true });
      await there.load();
      await there.editRule(id, { version: null, change: (rule) => ({ ...rule, isEnabled: false }) });
      const change = (rule: RuleDraft) => ({ ...rule, name: 'b' });

      expect(await refusal(here.editRule(id, { version: 1, change }))).toEqual([
        409,
        'Cannot change rule: it has been changed meanwhile: read it again',
      ]);
      expect(await here.editRule(id, { version: null, change })).toMatchObject({
        name: 'b',
        isEnabled: false,
        version: 3,
      });
    }));

  test('refuses names that are taken, what is not there, and channels that no rule can reach', () =>
    withDatabase(async ({ sql }) => {
      const { book } = bookOn(sql);
      await book.load();
      await book.createRule(draft('a'), { isNamed: true });
      expect(await refusal(book.createRule(draft('a'), { isNamed: true }))).toEqual([
        409,
        'Cannot create rule: a name is given once: got "a"',
      ]);
      expect((await book.createRule(draft('a'), { isNamed: false })).name).toBe('a (2)');
      expect(await refusal(book.createRule(draft('c', { channels: ['ops'] }), { isNamed: true }))).toEqual([
        400,
        'Cannot create rule: channels must be there: got "ops", which are not',
      ]);
      const refusals = await Promise.all(
        [
          book.removeRule(999),
          book.removeChannel(999),
          book.removeDowntime(999),
          book.removeSilence(999),
          book.editRule(999, { version: null, change: asIs }),
          book.editDowntime(999, ({ spec }) => spec),
        ].map(refusal),
      );
      expect(refusals.map(([status]) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    }));

  test('removes no channel that a rule names, and takes a new name of one into the rules', () =>
    withDatabase(async ({ sql }) => {
      const { book } = bookOn(sql);
      await book.load();
      const { id } = await book.createChannel(ops);
      const escalations = [{ afterMs: 1, channels: ['ops'] }];
      const rule = await book.createRule(draft('a', { escalations }), { isNamed: true });
      expect(await refusal(book.removeChannel(id))).toEqual([
        409,
        'Cannot remove channel: no rule may name it: got "a"',
      ]);
      await book.editChannel(id, { version: 1, change: () => ({ ...ops, name: 'night' }) });
      expect(book.rule(rule.id).spec.escalations[0]!.channels).toEqual(['night']);
      await book.removeRule(rule.id);
      await book.removeChannel(id);

      expect(book.counts.channel).toBe(0);
    }));

  test('stores no secret that can be read, and opens them for who may', () =>
    withDatabase(async ({ sql }) => {
      const { book } = bookOn(sql);
      await book.load();
      const channel = await book.createChannel(ops);
      const [row] = await sql<{ text: string }[]>`select settings::text as text from channel`;

      expect(row!.text).not.toMatch(/canary|example/);
      expect(book.openSettings(channel)).toEqual(ops.settings);
      const stranger = bookOn(sql, { secrets: new SecretBox(new Uint8Array(32).fill(8)) }).book;
      expect(stranger.openSettings(channel)).toBeNull();
    }));

  test('hears what was acknowledged by another hub while the alert fires', () =>
    withDatabase(async ({ sql }) => {
      const heard: number[] = [];
      const { book } = bookOn(sql, { onAcknowledged: (alertId) => heard.push(alertId) });
      await book.load();
      const [row] = await sql<{ id: string }[]>`
        insert into alert (rule, host, series, seq, rule_name, host_name, severity, cause, message, fired_at, fired_ms)
        values (1, 1, '', 1, '', '', 'info', 'limits', '', now(), 0) returning id`;
      const alertId = Number(row!.id);
      await book.follow();
      expect(heard).toEqual([]);
      await alertMethods(sql).acknowledge({ alertId, by: 'ann', comment: '' });
      await book.follow();
      expect(heard).toEqual([alertId]);
      await sql`update alert set resolved_at = now()`;
      await book.follow();

      expect(heard).toEqual([alertId]);
    }));

  test('tells once of many changes that come together', () =>
    withDatabase(async ({ sql }) => {
      const waiting: (() => void)[] = [];
      const { book, told } = bookOn(sql, { soon: (work) => waiting.push(work) });
      await book.load();
      for (const name of ['a', 'b', 'c']) await book.createRule(draft(name), { isNamed: true });
      for (const work of waiting) work();

      expect([waiting.length, told.length, told[1]!.rules.length]).toEqual([1, 2, defaultRules.length + 3]);
    }));
});

test('a silence or a downtime is told at once, whatever waits', () =>
  withDatabase(async ({ sql }) => {
    const counts: [number, number][] = [];
    const { book } = bookOn(sql, {
      soon: () => {},
      onQuietChanged: ({ downtimes, silences }) => counts.push([downtimes.length, silences.length]),
    });
    await book.load();
    const quiet = { hosts: anyHost, author: 'ann' };
    const schedule = { kind: 'once', startMs: 1, endMs: 2 } as const;
    const downtime = await book.createDowntime({ ...quiet, schedule, reason: '' });
    const named = { rules: [], series: [], severities: [], comment: '' };
    const silence = await book.createSilence({ ...quiet, ...named }, Date.now() + 60_000);
    await book.createRule(draft('a'), { isNamed: true });
    await book.removeDowntime(downtime.id);
    await book.removeSilence(silence.id);

    expect(counts).toEqual([
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ]);
  }));

describe('a file of alerts', () => {
  const file: AlertsFile = {
    rules: [draft('a', { channels: ['ops'] }), draft('Host down', { severity: 'info' })],
    channels: [ops],
    downtimes: [
      {
        name: 'sunday',
        spec: { hosts: anyHost, schedule: { kind: 'once', startMs: 1, endMs: 2 }, author: '', reason: '' },
      },
    ],
  };

  test('is applied at the start, once, and is read-only then', () =>
    withDatabase(async ({ sql }) => {
      const { book } = bookOn(sql, {}, file);
      await book.load();
      const { rules, channels, downtimes } = book.definitions;
      const rule = rules.find(({ name }) => name === 'a')!;
      expect(rule).toMatchObject({ origin: 'file', version: 1 });
      expect(rules.find(({ name }) => name === 'Host down')).toMatchObject({ origin: 'file', version: 2 });
      expect(book.openSettings(channels[0]!)).toEqual(ops.settings);
      const refusals = await Promise.all(
        [
          book.removeRule(rule.id),
          book.editRule(rule.id, { version: null, change: asIs }),
          book.editChannel(channels[0]!.id, { version: null, change: () => ops }),
          book.removeDowntime(downtimes[0]!.id),
          book.editDowntime(downtimes[0]!.id, ({ spec }) => spec),
        ].map(refusal),
      );
      expect(refusals).toEqual(refusals.map(() => [409, expect.stringContaining('file of alerts')]));

      const again = bookOn(sql, {}, file).book;
      await again.load();
      // Sealing the same secret gives another text each time; it must not look like a change.
      expect(again.definitions.channels[0]).toEqual(channels[0]);
      expect(again.rule(rule.id).version).toBe(1);
    }));

  test('is followed when there is another; without one nothing goes', () =>
    withDatabase(async ({ sql }) => {
      const { book } = bookOn(sql, {}, file);
      await book.load();
      const other = bookOn(sql).book;
      await other.load();
      expect(other.definitions.channels).toHaveLength(1);
      await book.useFile({ ...noFile, channels: [{ ...ops, settings: { ...ops.settings, secret: 'other' } }] });
      await other.follow();

      const [channel] = other.definitions.channels;
      expect([channel!.version, other.openSettings(channel!)!['secret']]).toEqual([2, 'other']);
      expect([namesOf(other.definitions.rules), other.definitions.downtimes]).toEqual([
        namesOf(defaultRules).slice(1),
        [],
      ]);
    }));
});
