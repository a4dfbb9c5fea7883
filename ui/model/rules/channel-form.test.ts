import { describe, expect, test } from 'vitest';
import { type Channel, channelKinds, secretMask } from '../../api/channels.ts';
import { channelDraftOf, channelFormOf, destinationText, newChannelForm, settingsOf } from './channel-form.ts';

const mail: Channel = {
  id: 1,
  name: 'ops',
  kind: 'email',
  settings: {
    host: 'mail.example.org',
    port: 587,
    security: 'starttls',
    username: null,
    password: secretMask,
    from: 'hub@example.org',
    to: ['ops@example.org'],
  },
  isEnabled: true,
  origin: 'api',
  version: 1,
  changedMs: 0,
};

describe('a channel as a form', () => {
  test('reads back as it was, its secrets masked', () => {
    const { name, kind, settings, isEnabled } = mail;
    expect(channelDraftOf(channelFormOf(mail), mail)).toEqual({ name, kind, settings, isEnabled });
  });

  test('never has a secret in it', () => {
    expect(JSON.stringify(channelFormOf(mail))).not.toContain(secretMask);
  });

  test('replaces a secret that is typed, and lets an optional one go', () => {
    const form = channelFormOf(mail);
    expect(channelDraftOf({ ...form, texts: { ...form.texts, password: 'new' } }, mail).settings['password']).toBe(
      'new',
    );
    expect(channelDraftOf({ ...form, removed: ['password'] }, mail).settings['password']).toBeNull();
  });

  test('takes no secret over to another kind', () => {
    const webhook = { ...channelFormOf(mail), kind: 'webhook' as const };
    expect(channelDraftOf(webhook, { ...mail, settings: { ...mail.settings, url: secretMask } }).settings).toEqual({
      url: '',
      secret: null,
    });
  });

  test('begins a new one with what most have, and sends what is no number as it is', () => {
    const form = { ...newChannelForm(), texts: { host: ' mail ', port: 'x' } };
    expect(channelDraftOf(form, null).settings).toMatchObject({
      host: 'mail',
      port: 'x',
      security: 'starttls',
      to: [],
    });
  });

  test.each(channelKinds)('knows the settings of %s', (kind) => {
    expect(settingsOf[kind].length).toBeGreaterThan(0);
  });
});

test('destinationText() says where it goes, and nothing that is secret', () => {
  expect(destinationText(mail)).toBe('to ops@example.org by mail.example.org');
  expect(destinationText({ kind: 'ntfy', settings: { url: 'https://ntfy.sh', topic: secretMask } })).toBe('by ntfy.sh');
  expect(destinationText({ kind: 'slack', settings: { url: secretMask } })).toBe('');
});
