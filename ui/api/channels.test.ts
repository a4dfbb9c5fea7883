import { describe, expect, test } from 'vitest';
import { changeChannel, parseChannel, parseNotice, readNotices, secretMask, testChannel } from './channels.ts';
import { HubClient } from './client.ts';

const hook = {
  id: 2,
  name: 'hook',
  kind: 'webhook',
  settings: { url: secretMask, secret: null },
  enabled: true,
  version: 3,
};

/** Notes what is asked; answers `body`. */
function clientOf(body: unknown, status = 200) {
  const asked: { readonly path: string; readonly method: string; readonly body: unknown }[] = [];
  const client = new HubClient(async (path, { method = 'GET', body: sent } = {}) => {
    asked.push({ path: String(path), method, body: typeof sent === 'string' ? JSON.parse(sent) : null });
    return new Response(JSON.stringify(body), { status });
  });
  return { client, asked };
}

describe('parseChannel()', () => {
  test('reads what the hub lists, secrets masked', () => {
    expect(parseChannel({ ...hook, origin: 'file', changed: 5 })).toEqual({
      id: 2,
      name: 'hook',
      kind: 'webhook',
      settings: { url: secretMask, secret: null },
      isEnabled: true,
      origin: 'file',
      version: 3,
      changedMs: 5_000,
    });
  });

  test.each([null, {}, { ...hook, kind: 'pigeon' }])('gives null for %j', (body) => {
    expect(parseChannel(body)).toBeNull();
  });
});

test('changeChannel() gives masked secrets back as they are', async () => {
  const { client, asked } = clientOf(hook);
  await changeChannel(client, { id: 2, version: 3 }, { ...parseChannel(hook)!, name: 'other' });
  expect(asked[0]).toMatchObject({
    path: '/api/v1/channels/2',
    method: 'PATCH',
    body: { name: 'other', version: 3, settings: { url: secretMask } },
  });
});

test('testChannel() says whether it was sent and what the receiver said', async () => {
  const { client, asked } = clientOf({ status: 'failed', answer: 'HTTP 404' });
  expect(await testChannel(client, 2)).toEqual({ kind: 'ok', value: { isSent: false, answer: 'HTTP 404' } });
  expect(asked[0]).toEqual({ path: '/api/v1/channels/2/test', method: 'POST', body: null });
});

test('readNotices() asks for those that are wanted, and has the last answer of each', async () => {
  const notice = {
    id: 9,
    channel_id: 2,
    state: 'dead',
    created: 7,
    sent: null,
    attempts: 2,
    tries: [{ answer: 'HTTP 500' }, { answer: 'HTTP 503' }],
    alert_id: 4,
    event: 'fired',
    rule: 'CPU',
    host: 'web',
    message: 'hot',
  };
  const { client, asked } = clientOf({ notices: [notice, { id: 'x' }], next: null });
  const read = await readNotices(client, { state: 'dead', channelId: 2, limit: 5 });
  expect(asked[0]?.path).toBe('/api/v1/notices?limit=5&channel=2&state=dead');
  expect(read).toMatchObject({ value: [{ id: 9, channelId: 2, state: 'dead', createdMs: 7_000, answer: 'HTTP 503' }] });
  expect(parseNotice({ ...notice, tries: [] })?.answer).toBe('');
});
