/** Whatever a client says of rules, channels, downtimes and silences: it is taken, or refused with everything that is wrong. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ruleProblems } from '#core/rule-check.ts';
import { scheduleProblem } from '#core/schedule.ts';
import { HttpError } from '../../http.ts';
import { ruleBody } from '../alert-schemas.ts';
import { channelBody, plainChannelOf } from '../channel-body.ts';
import { downtimeBody, downtimeSpecOf, silenceBody, silenceSpecOf } from '../downtime-body.ts';
import { patchedRuleBody, ruleBodyOf } from '../rule-body.ts';
import { converted } from './common.ts';
import { parseRule } from './rules.ts';

const options = { seed: 4, numRuns: 400 };

/** What is made of it; null when it is refused as it should be. */
function taken<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    expect(error.status).toBe(400);
    expect(error.message).toMatch(/^Cannot do: \S/);
    expect(error.message.length).toBeLessThan(6_000);
    return null;
  }
}

const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    '*',
    '(secret)',
    '{{',
    Number.POSITIVE_INFINITY,
    -0,
    -1,
    2 ** 53,
    'x'.repeat(100_000),
    '\u0000',
    '\ud800',
    [[]],
    {},
  ),
  fc.constantFrom('above', 'outside', 'host_down', 'Europe/Berlin', 'FREQ=DAILY', '2026-03-28T02:00:00', 60, 1.7e9),
);

/** An object of the fields of a body, each with anything in it, and fields of nobody. */
function mutated(fields: readonly string[]) {
  return fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), hostile, { maxKeys: 12 });
}

const ruleFields = [
  'kind',
  'name',
  'metric',
  'labels',
  'input',
  'condition',
  'threshold',
  'recovery',
  'low',
  'high',
  'recovery_low',
  'recovery_high',
  'no_data',
  'intervals',
  'after',
  'hosts',
  'for',
  'keep_firing',
  'severity',
  'summary',
  'message',
  'channels',
  'group_by',
  'repeat',
  'escalations',
  'overrides',
  'enabled',
];

test('rules', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, mutated(ruleFields)), (body) => {
      const rule = taken(() => parseRule(body, 'do'));
      if (rule !== null) expect(ruleProblems(rule.draft.spec)).toEqual([]);
    }),
    options,
  );
});

test('changes of a rule', () => {
  const { draft } = parseRule({ metric: 'x', condition: 'above', threshold: 1 }, 'do');
  fc.assert(
    fc.property(mutated(ruleFields), (patch) => {
      const rule = taken(() => parseRule(patchedRuleBody(draft, patch), 'do'));
      if (rule !== null) expect(ruleBody.safeParse(ruleBodyOf(rule.draft)).success).toBe(true);
    }),
    options,
  );
});

test('channels', () => {
  const fields = ['kind', 'name', 'settings', 'enabled'];
  fc.assert(
    fc.property(mutated(fields), fc.constantFrom('email', 'webhook', 'ntfy', 'nothing'), (body, kind) => {
      const convert = (channel: Parameters<typeof plainChannelOf>[0]) =>
        ({ kind: 'done', item: plainChannelOf(channel) }) as const;
      taken(() => converted({ ...body, kind }, { schema: channelBody, act: 'do', convert }));
    }),
    options,
  );
});

test('downtimes and silences', () => {
  const fields = ['hosts', 'start', 'end', 'duration', 'rule', 'zone', 'author', 'reason', 'rules', 'series', 'until'];
  fc.assert(
    fc.property(mutated(fields), (body) => {
      const spec = taken(() =>
        converted(
          { hosts: {}, ...body },
          {
            schema: downtimeBody,
            act: 'do',
            convert: (parsed) => {
              const drafted = downtimeSpecOf(parsed);
              return drafted.kind === 'refused' ? drafted : { kind: 'done', item: drafted.spec };
            },
          },
        ),
      );
      if (spec !== null) expect(scheduleProblem(spec.schedule)).toBeNull();
      taken(() =>
        converted(body, {
          schema: silenceBody,
          act: 'do',
          convert: (parsed) => {
            const drafted = silenceSpecOf(parsed, 1_700_000_000_000);
            return drafted.kind === 'refused' ? drafted : { kind: 'done', item: drafted.spec };
          },
        }),
      );
    }),
    options,
  );
});
