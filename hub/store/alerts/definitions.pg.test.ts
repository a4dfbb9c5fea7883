import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { DowntimeSpec, SilenceSpec } from '#core/downtime.ts';
import { anyHost, type HostSelector, type RuleSpec } from '#core/rule-spec.ts';
import { withDatabase } from '../../testing/database.ts';
import { editHost, removeHost } from '../host-edits.ts';
import { createChannel, editChannel, removeChannel } from './channels.ts';
import { readDefinitions } from './definitions.ts';
import { createDowntime, editDowntime, removeDowntime } from './downtimes.ts';
import { applyFile } from './file-definitions.ts';
import { createRule, editRule, type RuleDraft, removeRule, seedRules } from './rules.ts';
import { createSilence, removeSilence } from './silences.ts';

const named = (...names: string[]): HostSelector => ({ ...anyHost, names });

function draft(name: string, change: Partial<RuleSpec> = {}): RuleDraft {
  const spec: RuleSpec = {
    subject: { kind: 'hostDown', afterMs: 10_000 },
    hosts: anyHost,
    forMs: 0,
    keepFiringMs: 0,
    severity: 'critical',
    summary: '',
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: null,
    escalations: [],
    overrides: [],
    ...change,
  };
  return { name, spec, isEnabled: true };
}

function downtime(hosts: HostSelector, endMs = 2_000): DowntimeSpec {
  return { hosts, schedule: { kind: 'once', startMs: 1_000, endMs }, author: 'ann', reason: 'disks' };
}

function silence(hosts: HostSelector): SilenceSpec {
  return { hosts, rules: [], series: [], severities: [], author: 'ann', comment: '' };
}

const webhook = { kind: 'webhook' as const, sealedSettings: { url: 'sealed:x', secret: null }, isEnabled: true };
const noRules = { ids: [], versions: [] };
const everything = { since: null, knownRules: noRules };
const max = { rule: 10, channel: 10, downtime: 10 };

async function names(sql: postgres.Sql, since: string | null = null) {
  const read = await readDefinitions(sql, { since, knownRules: noRules });
  return {
    rules: read.rules.map(({ name }) => name),
    channels: read.channels.map(({ name }) => name),
    downtimes: read.downtimes.map(({ downtime: { name, spec } }) => name || spec.hosts.names.join()),
    silences: read.silences.map(({ spec }) => spec.hosts.names.join()),
    removed: read.removed.map(({ table }) => table),
  };
}

async function made(sql: postgres.Sql, rule: RuleDraft) {
  const answer = await createRule(sql, { draft: rule, rulesMax: 10 });
  if (answer.kind !== 'done') throw new Error(answer.kind);
  return answer.rule;
}

describe('rules', () => {
  test('are made, changed by who has seen the newest, and removed; a name is free again then', () =>
    withDatabase(async ({ sql }) => {
      const rule = await made(sql, draft('a'));
      expect(rule).toMatchObject({ ...draft('a'), origin: 'api', version: 1 });
      expect(await createRule(sql, { draft: draft('a'), rulesMax: 10 })).toEqual({ kind: 'taken' });
      const edit = { id: rule.id, version: 1, draft: { ...draft('b'), isEnabled: false } };
      expect(await editRule(sql, edit)).toMatchObject({ rule: { name: 'b', isEnabled: false, version: 2 } });
      expect(await editRule(sql, edit)).toEqual({ kind: 'changed' });
      await made(sql, draft('a'));
      expect(await editRule(sql, { id: rule.id, version: 2, draft: draft('a') })).toEqual({ kind: 'taken' });
      expect(await removeRule(sql, rule.id)).toEqual({ kind: 'done' });
      expect(await removeRule(sql, rule.id)).toEqual({ kind: 'unknown' });
      await made(sql, draft('b'));
    }));

  test('are not more than there may be', () =>
    withDatabase(async ({ sql }) => {
      await createRule(sql, { draft: draft('a'), rulesMax: 1 });
      expect(await createRule(sql, { draft: draft('b'), rulesMax: 1 })).toEqual({ kind: 'full' });
    }));

  test('of the hub are made once, also where somebody has removed or renamed one', () =>
    withDatabase(async ({ sql }) => {
      const defaults = [draft('one'), draft('two'), draft('three')];
      await made(sql, draft('three'));
      expect(await seedRules(sql, defaults)).toBe(2);
      const { rules } = await readDefinitions(sql, everything);
      const [one, two] = ['one', 'two'].map((name) => rules.find((rule) => rule.name === name)!);
      expect(one).toMatchObject({ origin: 'default', version: 1 });
      await removeRule(sql, one!.id);
      await editRule(sql, { id: two!.id, version: 1, draft: draft('mine') });

      expect(await seedRules(sql, defaults)).toBe(0);
      expect((await names(sql)).rules).toEqual(['three', 'mine']);
    }));

  test('of an older, a newer or no version are read as far as that goes, and left alone', () =>
    withDatabase(async ({ sql }) => {
      const { hosts } = draft('').spec;
      const subject = { kind: 'hostDown', afterMs: 5, more: true };
      const specs = [
        { subject, hosts, unknown: 1 },
        { subject, hosts: { names: ['a'] }, severity: 'fatal', forMs: null, repeatMs: 'often', overrides: [{}] },
        { subject: { kind: 'tomorrow' }, hosts },
        { subject },
        'text',
        [],
      ];
      for (const [index, spec] of specs.entries())
        await sql`insert into rule (name, spec, origin) values (${String(index)}, ${sql.json(spec as never)}, 'api')`;
      const { rules, unreadable } = await readDefinitions(sql, everything);

      expect(rules.map(({ spec }) => [spec.subject, spec.severity, spec.hosts.names])).toEqual([
        [{ kind: 'hostDown', afterMs: 5 }, 'warning', []],
        [{ kind: 'hostDown', afterMs: 5 }, 'warning', ['a']],
      ]);
      expect(unreadable).toHaveLength(4);
      expect(await sql`select from rule`).toHaveLength(6);
    }));
});

describe('channels', () => {
  test('take their new name into the rules that say it', () =>
    withDatabase(async ({ sql }) => {
      const channelDraft = { ...webhook, name: 'ops' };
      const answer = await createChannel(sql, { draft: channelDraft, channelsMax: 10 });
      if (answer.kind !== 'done') throw new Error(answer.kind);
      const { id } = answer.channel;
      expect(answer.channel).toMatchObject({ ...channelDraft, origin: 'api', version: 1 });
      await made(sql, draft('a', { channels: ['other', 'ops'], escalations: [{ afterMs: 1, channels: ['ops'] }] }));
      await made(sql, draft('b', { summary: 'ops' }));
      const edit = { id, version: 1, nameBefore: 'ops', draft: { ...channelDraft, name: 'night' } };
      expect(await editChannel(sql, edit)).toMatchObject({ channel: { name: 'night', version: 2 } });

      expect((await readDefinitions(sql, everything)).rules).toMatchObject([
        { version: 2, spec: { channels: ['other', 'night'], escalations: [{ channels: ['night'] }] } },
        { version: 1, spec: { summary: 'ops' } },
      ]);
      expect(await editChannel(sql, edit)).toEqual({ kind: 'changed' });
      expect(await createChannel(sql, { draft: { ...webhook, name: 'night' }, channelsMax: 10 })).toEqual({
        kind: 'taken',
      });
      expect(await createChannel(sql, { draft: channelDraft, channelsMax: 1 })).toEqual({ kind: 'full' });
      expect([await removeChannel(sql, id), await removeChannel(sql, id)]).toEqual([
        { kind: 'done' },
        { kind: 'unknown' },
      ]);
    }));

  test('of a kind that this version does not know are passed over', () =>
    withDatabase(async ({ sql }) => {
      await sql`alter table channel drop constraint channel_kind_check`;
      await sql`insert into channel (name, kind, settings, origin) values ('a', 'pigeon', '{}', 'api'), ('b', 'slack', '[]', 'api')`;
      expect(await readDefinitions(sql, everything)).toMatchObject({ channels: [], unreadable: [{}, {}] });
    }));
});

describe('downtimes and silences', () => {
  test('are made, changed and removed within their bounds', () =>
    withDatabase(async ({ sql }) => {
      const spec = downtime(named('a'), Date.now());
      const answer = await createDowntime(sql, { spec, downtimesMax: 1 });
      if (answer.kind !== 'done') throw new Error(answer.kind);
      const { id } = answer.stored.downtime;
      expect(answer.stored.downtime).toMatchObject({ name: '', spec, origin: 'api' });
      expect(await createDowntime(sql, { spec, downtimesMax: 1 })).toEqual({ kind: 'full' });
      const changed = { ...spec, reason: 'other' };
      expect(await editDowntime(sql, { id, spec: changed })).toMatchObject({ stored: { downtime: { spec: changed } } });
      expect(await removeDowntime(sql, id)).toEqual({ kind: 'done' });
      expect(await editDowntime(sql, { id, spec })).toEqual({ kind: 'unknown' });

      const until = { spec: silence(named('a')), untilMs: Date.now() + 60_000, silencesMax: 1 };
      const quiet = await createSilence(sql, until);
      if (quiet.kind !== 'done') throw new Error(quiet.kind);
      expect(quiet.silence).toMatchObject({ spec: until.spec, untilMs: until.untilMs });
      expect(await createSilence(sql, until)).toEqual({ kind: 'full' });
      expect([await removeSilence(sql, quiet.silence.id), await removeSilence(sql, quiet.silence.id)]).toEqual([
        { kind: 'done' },
        { kind: 'unknown' },
      ]);
    }));

  test('whose schedule cannot be looked up here are passed over: a hub that judges must not fall over them', () =>
    withDatabase(async ({ sql }) => {
      const good = {
        kind: 'recurring',
        start: '2026-03-28T02:00:00',
        rule: 'FREQ=DAILY',
        durationMs: 1e6,
        zone: 'UTC',
      };
      const schedules = [good, ...[{ zone: 'Mars/Olympus' }, { rule: 'FREQ=NEVER' }, { start: 'soon' }]];
      for (const schedule of schedules) {
        const spec = { hosts: named('a'), schedule: { ...good, ...schedule } };
        await sql`insert into downtime (spec, origin) values (${sql.json(spec as never)}, 'api')`;
      }
      const { downtimes, unreadable } = await readDefinitions(sql, everything);
      expect([downtimes.length, unreadable.length]).toEqual([1, 3]);
    }));

  test('that have been over for long make room; those made lately for long ago stay', () =>
    withDatabase(async ({ sql }) => {
      for (const host of ['old', 'late']) await createDowntime(sql, { spec: downtime(named(host)), downtimesMax: 2 });
      await sql`update downtime set created_at = now() - interval '91 days' where spec::text like '%old%'`;
      expect((await createDowntime(sql, { spec: downtime(named('new')), downtimesMax: 2 })).kind).toBe('done');
      expect((await names(sql)).downtimes).toEqual(['late', 'new']);
    }));
});

describe('readDefinitions()', () => {
  test('does not give rules again that are known as they are', () =>
    withDatabase(async ({ sql }) => {
      const a = await made(sql, draft('a'));
      const b = await made(sql, draft('b'));
      const { readAt: since } = await readDefinitions(sql, everything);
      const knownRules = { ids: [a.id, b.id], versions: [1, 1] };
      expect((await readDefinitions(sql, { since, knownRules })).rules).toEqual([]);
      await editRule(sql, { id: a.id, version: 1, draft: draft('c') });
      await removeRule(sql, b.id);
      expect(await readDefinitions(sql, { since, knownRules })).toMatchObject({
        rules: [{ name: 'c' }],
        removed: [{ table: 'rule', id: b.id }],
      });
    }));

  test('gives what has changed since, removals among it, and nothing else', () =>
    withDatabase(async ({ sql }) => {
      const rule = await made(sql, draft('a'));
      await made(sql, draft('b'));
      const { readAt } = await readDefinitions(sql, everything);
      await sql`update rule set changed_at = now() - interval '1 hour'`;
      expect(await names(sql, readAt)).toEqual({ rules: [], channels: [], downtimes: [], silences: [], removed: [] });
      await removeRule(sql, rule.id);
      await createSilence(sql, { spec: silence(named('h')), untilMs: Date.now() + 60_000, silencesMax: 5 });
      expect(await names(sql, readAt)).toMatchObject({ rules: [], silences: ['h'], removed: ['rule'] });
      await sql`update silence set until = now(), created_at = now() - interval '1 hour'`;
      expect(await names(sql, readAt)).toMatchObject({ silences: [], removed: ['rule', 'silence'] });
      expect((await names(sql)).silences).toEqual([]);
    }));
});

describe('applyFile()', () => {
  const file = {
    rules: [draft('a'), draft('b')],
    channels: [{ ...webhook, name: 'ops' }],
    downtimes: [{ name: 'sunday', spec: downtime(named('x')) }],
  };

  test('makes, changes and removes what the file says, and takes over rules of its names; the same again does nothing', () =>
    withDatabase(async ({ sql }) => {
      const mine = await made(sql, draft('mine'));
      const over = await made(sql, draft('a', { severity: 'info' }));
      await seedRules(sql, [draft('b')]);
      expect(await applyFile(sql, { file, max })).toEqual({
        kind: 'done',
        summary: { created: 2, changed: 2, removed: 0 },
      });
      const { rules } = await readDefinitions(sql, everything);
      expect(rules.map(({ name, origin, version }) => [name, origin, version])).toEqual([
        ['mine', 'api', 1],
        ['a', 'file', 2],
        ['b', 'file', 2],
      ]);
      expect(rules[1]!.id).toBe(over.id);
      expect(await applyFile(sql, { file, max })).toMatchObject({ summary: { created: 0, changed: 0, removed: 0 } });
      const less = { rules: [draft('a', { forMs: 5 })], channels: [], downtimes: [] };
      expect(await applyFile(sql, { file: less, max })).toMatchObject({
        summary: { created: 0, changed: 1, removed: 3 },
      });
      expect((await names(sql)).rules).toEqual([mine.name, 'a']);
      expect(await seedRules(sql, [draft('b')])).toBe(0);
    }));

  test('makes rules in the order of the file', () =>
    withDatabase(async ({ sql }) => {
      const wanted = Array.from({ length: 50 }, (_, index) => `rule ${(index * 37) % 50}`);
      await applyFile(sql, { file: { ...file, rules: wanted.map((name) => draft(name)) }, max: { ...max, rule: 50 } });
      expect((await names(sql)).rules).toEqual(wanted);
    }));

  test('lets nobody change what the file says', () =>
    withDatabase(async ({ sql }) => {
      await applyFile(sql, { file, max });
      const { rules, channels, downtimes } = await readDefinitions(sql, everything);
      const readOnly = { kind: 'readOnly' };
      expect(await removeRule(sql, rules[0]!.id)).toEqual(readOnly);
      expect(await editRule(sql, { id: rules[0]!.id, version: 1, draft: draft('c') })).toEqual(readOnly);
      expect(await removeChannel(sql, channels[0]!.id)).toEqual(readOnly);
      expect(await removeDowntime(sql, downtimes[0]!.downtime.id)).toEqual(readOnly);
      expect(await editDowntime(sql, { id: downtimes[0]!.downtime.id, spec: downtime(anyHost) })).toEqual(readOnly);
    }));

  test('changes nothing at all when it says more than there may be', () =>
    withDatabase(async ({ sql }) => {
      await made(sql, draft('mine'));
      expect(await applyFile(sql, { file, max: { ...max, rule: 2 } })).toEqual({ kind: 'full', table: 'rule' });
      expect(await names(sql)).toMatchObject({ rules: ['mine'], channels: [], downtimes: [] });
    }));
});

describe('a host', () => {
  async function world(sql: postgres.Sql) {
    await sql`insert into host (name, kind) values ('web', 'push'), ('w*', 'push')`;
    const overrides = [{ hosts: named('web') }];
    for (const rule of [
      draft('only', { hosts: named('web') }),
      draft('both', { hosts: named('web', 'db') }),
      draft('all', { overrides, summary: 'web' }),
      draft('glob', { hosts: named('w*') }),
    ])
      await made(sql, rule);
    for (const host of ['web', 'db']) {
      await createDowntime(sql, { spec: downtime(named(host), Date.now()), downtimesMax: 9 });
      await createSilence(sql, { spec: silence(named(host)), untilMs: Date.now() + 60_000, silencesMax: 9 });
    }
    await applyFile(sql, {
      file: { rules: [draft('file', { hosts: named('web') })], channels: [], downtimes: [] },
      max,
    });
  }

  const edit = { alias: null, peopleTags: null };

  test('keeps what is said of it under its new name, but for the file, which says what it says', () =>
    withDatabase(async ({ sql }) => {
      await world(sql);
      expect((await editHost(sql, { ...edit, hostName: 'web', newName: 'shop' })).kind).toBe('edited');
      const { rules, downtimes, silences } = await readDefinitions(sql, everything);

      expect(rules.map(({ name, spec }) => [name, spec.hosts.names, spec.overrides[0]?.hosts.names])).toEqual([
        ['only', ['shop'], undefined],
        ['both', ['shop', 'db'], undefined],
        ['all', [], ['shop']],
        ['glob', ['w*'], undefined],
        ['file', ['web'], undefined],
      ]);
      expect(rules[2]!.spec.summary).toBe('web');
      expect(downtimes.map(({ downtime: { spec } }) => spec.hosts.names)).toEqual([['shop'], ['db']]);
      expect(silences.map(({ spec }) => spec.hosts.names)).toEqual([['db'], ['shop']]);
    }));

  test('changes nothing of rules when it does not get the name', () =>
    withDatabase(async ({ sql }) => {
      await world(sql);
      expect(await editHost(sql, { ...edit, hostName: 'web', newName: 'w*' })).toEqual({ kind: 'taken' });
      expect((await readDefinitions(sql, everything)).rules[0]!.spec.hosts.names).toEqual(['web']);
    }));

  test('takes with it what means it alone', () =>
    withDatabase(async ({ sql }) => {
      await world(sql);
      await removeHost(sql, 'web');
      expect(await names(sql)).toEqual({
        rules: ['both', 'all', 'glob', 'file'],
        channels: [],
        downtimes: ['db'],
        silences: ['db'],
        removed: [],
      });
      await removeHost(sql, 'w*');
      expect((await names(sql)).rules).toContain('glob');
      expect(await removeHost(sql, 'nobody')).toBeNull();
    }));
});
