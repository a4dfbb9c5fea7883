import { describe, expect, test } from 'vitest';
import { problemsOf } from '../json-body.ts';
import type { Channel } from '../notices/channel.ts';
import { channelAnswerOf, channelBody, maskProblems, patchedChannelBody } from './channel-body.ts';

const mail = {
  host: 'smtp.example.org',
  port: 587,
  security: 'starttls',
  username: 'me',
  password: 'canary',
  from: 'a@example.org',
  to: ['b@example.org'],
};

const channel: Channel = {
  id: 4,
  name: 'ops',
  kind: 'email',
  sealedSettings: { ...mail, password: 'sealed:canary' },
  isEnabled: true,
  origin: 'api',
  version: 3,
  createdMs: 1_000,
  changedMs: 2_000,
};

describe('patchedChannelBody()', () => {
  const patched = (patch: object, opened: typeof mail | null = mail) =>
    channelBody.parse(patchedChannelBody(channel, { opened, patch }));

  test('keeps what is not said, and secrets that come back masked', () => {
    expect(patched({ enabled: false })).toEqual({ name: 'ops', kind: 'email', settings: mail, enabled: false });
    expect(patched({ settings: { port: 25, password: '(secret)' } }).settings).toEqual({ ...mail, port: 25 });
    expect(patched({ settings: { password: 'other' } }).settings).toMatchObject({ password: 'other' });
    expect(patched({ settings: { password: null } }).settings).toMatchObject({ password: null });
  });

  test('takes nothing over to another kind', () => {
    const patch = { kind: 'slack', settings: { url: 'https://hooks.example/x' } };
    expect(patched(patch)).toEqual({ name: 'ops', enabled: true, ...patch });
    const masked = patchedChannelBody(channel, {
      opened: mail,
      patch: { kind: 'slack', settings: { url: '(secret)' } },
    });
    expect(problemsOf(channelBody.safeParse(masked).error!)).toEqual([expect.stringMatching(/^settings\.url: /)]);
  });

  test('wants secrets again that cannot be opened any more, where they are needed', () => {
    const slack: Channel = { ...channel, kind: 'slack', sealedSettings: { url: 'sealed:x' } };
    const again = patchedChannelBody(slack, { opened: null, patch: { enabled: false } });
    expect(problemsOf(channelBody.safeParse(again).error!)).toEqual([expect.stringMatching(/^settings\.url: /)]);
    expect(patched({ settings: { password: 'other' } }, null).settings).toEqual({ ...mail, password: 'other' });
  });

  test.each([[5], [null], [[]], ['x']])('refuses %j as settings', (settings) => {
    const body = patchedChannelBody(channel, { opened: mail, patch: { settings } });
    expect(problemsOf(channelBody.safeParse(body).error!)).toEqual([expect.stringMatching(/^settings: /)]);
  });
});

describe('a secret that would go elsewhere', () => {
  /** What the patched channel becomes, or why it is refused. */
  const outcomeOf = (before: Channel, opened: Readonly<Record<string, unknown>>, settings: object) => {
    const parsed = channelBody.safeParse(patchedChannelBody(before, { opened, patch: { settings } }));
    if (!parsed.success) return problemsOf(parsed.error);
    const problems = maskProblems(parsed.data);
    return problems.length > 0 ? problems : parsed.data.settings;
  };

  test.each([{ host: 'evil.example' }, { security: 'none' }])('must be given again with %j', (settings) => {
    const wanted = [expect.stringMatching(/^settings\.password: a secret is wanted/)];
    expect(outcomeOf(channel, mail, settings)).toEqual(wanted);
    expect(outcomeOf(channel, mail, { ...settings, password: '(secret)' })).toEqual(wanted);
    expect(outcomeOf(channel, mail, { ...settings, password: 'canary' })).toEqual({ ...mail, ...settings });
    expect(outcomeOf(channel, mail, { ...settings, password: null })).toEqual({ ...mail, ...settings, password: null });
  });

  test('is topic and token for another server of ntfy, and none where there was none', () => {
    const plain = { url: 'https://ntfy.example', topic: 'ops', token: 'tk' };
    const ntfy: Channel = {
      ...channel,
      kind: 'ntfy',
      sealedSettings: { ...plain, topic: 'sealed:x', token: 'sealed:y' },
    };
    const evil = { url: 'https://evil.example' };
    // The mask is no topic, so it is refused before it is seen to be one.
    expect(outcomeOf(ntfy, plain, evil)).toEqual([expect.stringMatching(/^settings\.topic: /)]);
    expect(outcomeOf(ntfy, plain, { ...evil, topic: 'ops' })).toEqual([expect.stringMatching(/^settings\.token: /)]);
    const all = { ...evil, topic: 'ops', token: 'tk' };
    expect(outcomeOf(ntfy, plain, all)).toEqual(all);
    const open = { ...mail, password: null };
    const moved = outcomeOf({ ...channel, sealedSettings: open }, open, { host: 'other.example' });
    expect(moved).toEqual({ ...open, host: 'other.example' });
  });
});

test('maskProblems() takes no mask for a secret', () => {
  const body = channelBody.parse({ name: 'ops', kind: 'email', settings: { ...mail, password: '(secret)' } });

  expect(maskProblems(body)).toEqual([expect.stringMatching(/^settings\.password: /)]);
});

test('channelAnswerOf() shows no secret', () => {
  const answer = channelAnswerOf(channel);

  expect(answer).toMatchObject({ id: 4, settings: { password: '(secret)', username: 'me' }, read_only: false });
  expect(JSON.stringify(answer)).not.toContain('canary');
});
