import { describe, expect, test } from 'vitest';
import { type AgentSettings, emptySettings, settingsJson } from '#core/agent-settings.ts';
import { settingsPerMinuteMax, spoolBytesMin } from '#core/limits.ts';
import { RemoteSettings, type RemoteSettingsOptions } from './remote-settings.ts';
import type { KeptSettings } from './settings-file.ts';

const own: AgentSettings = { ...emptySettings, intervalMs: 1_000, tags: { os: 'linux' }, spoolBytes: spoolBytesMin };

/** Settings with everything that they did written down. */
function world(options: Partial<RemoteSettingsOptions> = {}) {
  const applied: AgentSettings[] = [];
  const kept: KeptSettings[] = [];
  const events: string[] = [];
  const remote: RemoteSettings = new RemoteSettings({
    own,
    pinned: emptySettings,
    isAllowed: true,
    collectorNames: ['cpu', 'disk'],
    kept: null,
    keep: (settings) => {
      kept.push(settings);
      return null;
    },
    spoolRoom: () => 100 * spoolBytesMin,
    apply: (settings) => applied.push(settings),
    inForce: () => remote.settings,
    log: { info: (_, event) => events.push(event), warn: (_, event) => events.push(event) },
    ...options,
  });
  return { remote, applied, kept, events };
}

describe('given()', () => {
  test('applies, keeps and reports what is right', () => {
    const { remote, applied, kept } = world();
    remote.given({ version: 3, text: '{"interval":5}' }, 0);
    expect(applied.map(({ intervalMs }) => intervalMs)).toEqual([5_000]);
    expect(kept).toEqual([{ version: 3, text: '{"interval":5}' }]);
    expect(remote.report).toEqual({
      kind: 'settingsReport',
      version: 3,
      state: 'applied',
      why: '',
      pinned: [],
      effective: '{"interval":5,"tags":{"os":"linux"},"spool_bytes":1048576}',
    });
  });

  test.each([
    ['{"interval":0}', 'interval: a number of seconds'],
    ['{"interval":1e9}', 'interval: a number of seconds'],
    ['{"interval":NaN}', 'JSON is wanted'],
    ['{"collectors":{"gpu":{"enabled":false}}}', 'one of cpu, disk is wanted: got "gpu"'],
    ['{"spool_bytes":1048576000}', 'at most 104857600 is wanted, half of what the disk has: got 1048576000'],
    ['x'.repeat(20_000), 'at most 16384 characters'],
  ])('changes nothing by %s and says why', (text, why) => {
    const { remote, applied, kept } = world();
    remote.given({ version: 1, text: '{"tags":{"role":"db"}}' }, 0);
    remote.given({ version: 2, text }, 0);
    expect(remote.report).toMatchObject({ version: 2, state: 'failed', why: expect.stringContaining(why) });
    expect(settingsJson(remote.settings).tags).toEqual({ os: 'linux', role: 'db' });
    expect([applied.length, kept.length]).toEqual([1, 1]);
  });

  test('logs a refusal that repeats itself once', () => {
    const { remote, events } = world();
    for (let version = 1; version < 100; version += 1) remote.given({ version, text: '{"interval":0}' }, 0);
    expect(events).toEqual(['settings.refused']);
  });

  test('applies nothing where the local file forbids it', () => {
    const { remote, applied } = world({ isAllowed: false, kept: { version: 1, text: '{"interval":5}' } });
    remote.given({ version: 2, text: '{"interval":7}' }, 0);
    expect(applied).toEqual([]);
    expect(remote.settings.intervalMs).toBe(1_000);
    expect(remote.report).toMatchObject({ version: 2, state: 'forbidden' });
  });

  test('lets the local file win and says what it pins', () => {
    const pinned = { ...emptySettings, intervalMs: 2_000, tags: { role: 'web' } };
    const { remote } = world({ pinned });
    remote.given({ version: 1, text: '{"interval":5,"tags":{"role":"db","site":"north"}}' }, 0);
    expect(settingsJson(remote.settings)).toMatchObject({
      interval: 2,
      tags: { os: 'linux', role: 'web', site: 'north' },
    });
    expect(remote.report).toMatchObject({ state: 'applied', pinned: ['interval', 'tags.role'] });
  });

  test('takes the same settings again without applying them', () => {
    const { remote, applied } = world({ kept: { version: 3, text: '{"interval":5}' } });
    expect(remote.settings.intervalMs).toBe(5_000);
    remote.given({ version: 3, text: '{"interval":5}' }, 0);
    expect(applied).toEqual([]);
    expect(remote.report).toMatchObject({ version: 3, state: 'applied' });
  });

  test('goes back to its own by empty settings, also of a lower version', () => {
    const { remote, applied } = world({ kept: { version: 3, text: '{"interval":5}' } });
    remote.given({ version: 0, text: '{}' }, 0);
    expect(applied.map(({ intervalMs }) => intervalMs)).toEqual([1_000]);
  });

  test('lets those wait that come too fast, and applies the newest of them', () => {
    const { remote, applied } = world();
    for (let version = 1; version <= 1_000; version += 1)
      remote.given({ version, text: `{"interval":${version}}` }, version);
    expect(applied).toHaveLength(settingsPerMinuteMax);
    remote.poll(30_000);
    expect(applied).toHaveLength(settingsPerMinuteMax);
    remote.poll(61_000);
    expect(applied.at(-1)?.intervalMs).toBe(1_000_000);
    expect(applied).toHaveLength(settingsPerMinuteMax + 1);
  });

  test('applies what the disk does not keep', () => {
    const { remote, applied, events } = world({ keep: () => 'Cannot keep settings: the disk is full' });
    remote.given({ version: 1, text: '{"interval":5}' }, 0);
    expect(applied).toHaveLength(1);
    expect(events).toEqual(['settings.unkept', 'settings.applied']);
  });
});

test('settings kept by an earlier version of the agent that are not right any more are its own again', () => {
  const { remote, events } = world({ kept: { version: 3, text: '{"collectors":{"gpu":{"enabled":false}}}' } });
  expect(remote.settings).toEqual(own);
  expect(events).toEqual(['settings.refused']);
});

test('a report is due until it has been sent', () => {
  const { remote } = world();
  expect(remote.report).toBeNull();
  remote.given({ version: 1, text: '{}' }, 0);
  expect(remote.report).not.toBeNull();
  remote.reported();
  expect(remote.report).toBeNull();
});
