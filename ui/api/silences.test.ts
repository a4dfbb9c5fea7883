import { expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { HubClient } from './client.ts';
import { createSilence, endSilence, readSilences } from './silences.ts';

/** As the hub answers it. */
const answer = {
  ...{
    id: 4,
    rules: ['Disk*'],
    series: [],
    severities: ['warning', 'unheard'],
    author: 'ann',
    comment: 'being cleaned',
  },
  hosts: { names: ['nas'], tags: {}, not_names: [], not_tags: { env: 'test' } },
  ...{ until: 1_795_782_350.5, created: 1_795_778_750, active: true },
};
const spec = {
  hosts: { ...anyHost, names: ['nas'], notTags: { env: 'test' } },
  ...{ rules: ['Disk*'], series: [], severities: ['warning' as const], author: 'ann', comment: 'being cleaned' },
};
const silence = { id: 4, spec, untilMs: 1_795_782_350_500, createdMs: 1_795_778_750_000 };

function clientOf(body: unknown, status = 200) {
  const sent: [string, string, unknown][] = [];
  const client = new HubClient(async (path, init = {}) => {
    sent.push([init.method ?? 'GET', String(path), typeof init.body === 'string' ? JSON.parse(init.body) : null]);
    return new Response(JSON.stringify(body), { status });
  });
  return { client, sent };
}

test('readSilences() reads those that it understands', async () => {
  const { client } = clientOf([answer, { id: 5 }, null]);
  expect(await readSilences(client)).toEqual({ kind: 'ok', value: [silence] });
});

test('createSilence() sends the whole of it until an instant', async () => {
  const { client, sent } = clientOf(answer, 201);
  expect(await createSilence(client, spec, silence.untilMs)).toEqual({ kind: 'ok', value: silence });
  const { id: _, created, active, ...body } = answer;
  expect(sent).toEqual([['POST', '/api/v1/silences', { ...body, severities: ['warning'] }]]);
});

test('endSilence() says what the hub refuses', async () => {
  const { client, sent } = clientOf({ error: 'Cannot remove silence' }, 404);
  expect(await endSilence(client, 4)).toEqual({ kind: 'failed', why: 'Cannot remove silence', status: 404 });
  expect(sent[0]!.slice(0, 2)).toEqual(['DELETE', '/api/v1/silences/4']);
});
