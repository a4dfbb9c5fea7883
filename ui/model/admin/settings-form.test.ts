import { describe, expect, test } from 'vitest';
import { type AgentSettings, emptySettings, parseSettings } from '#core/agent-settings.ts';
import { draftOf, emptyDraft, isSameDraft, judgeDraft, type SettingsDraft, withCollector } from './settings-form.ts';

const json = {
  interval: 0.5,
  collectors: { disk: { enabled: false }, tcp: { every: 30 } },
  metrics: [{ pattern: 'disk_*', every: 10 }],
  tags: { role: 'db' },
  spool_bytes: 8_388_608,
};

function settingsOf(content: unknown): AgentSettings {
  const parsed = parseSettings(content);
  return parsed.kind === 'settings' ? parsed.settings : emptySettings;
}

function problemsOf(change: Partial<SettingsDraft>): Record<string, string> {
  const judged = judgeDraft({ ...emptyDraft, ...change });
  return judged.kind === 'wrong' ? Object.fromEntries(judged.problems) : {};
}

test('a form that was not touched comes to the settings that it was made of', () => {
  expect(judgeDraft(draftOf(settingsOf(json), ['cpu', 'disk']))).toEqual({ kind: 'settings', json });
});

test('an empty form comes to no settings', () => {
  expect(judgeDraft(emptyDraft)).toEqual({ kind: 'settings', json: {} });
});

test('there is a row for each collector that the agent has or that something is said of', () => {
  expect(Object.keys(draftOf(settingsOf(json), ['cpu', 'disk']).collectors)).toEqual(['cpu', 'disk', 'tcp']);
});

test('a collector is changed by one side of it', () => {
  const draft = withCollector(draftOf(settingsOf(json), []), 'tcp', { choice: 'off' });
  expect(judgeDraft(draft)).toMatchObject({ json: { collectors: { tcp: { enabled: false, every: 30 } } } });
  expect(isSameDraft(draft, draftOf(settingsOf(json), []))).toBe(false);
});

describe('judgeDraft()', () => {
  test.each<[string, Partial<SettingsDraft>, Record<string, string>]>([
    [
      'an interval of nothing',
      { interval: '0' },
      { interval: 'Seconds between 0.1 and 3600 are wanted, in whole milliseconds.' },
    ],
    [
      'an interval that is no number',
      { interval: 'soon' },
      { interval: 'Seconds between 0.1 and 3600 are wanted, in whole milliseconds.' },
    ],
    ['a spool that is too small', { spool: '0.5' }, { spool: 'MiB between 1 and 4,194,304 are wanted.' }],
    [
      'a pace of half a tick',
      { collectors: { disk: { choice: 'own', every: '0.5' } } },
      { 'collectors.disk': 'A whole number of ticks between 1 and 86,400 is wanted.' },
    ],
    [
      'a pattern without ticks',
      { metrics: 'load_1m 5\ndisk_*' },
      { metrics: 'A pattern and a number of ticks are wanted, as in disk_* 10: got NaN.' },
    ],
    ['a tag without a value', { tags: 'role' }, { tags: 'A tag is a name and a value, as in site=north: got "role".' }],
    ['a tag twice', { tags: 'a=1\na=2' }, { tags: 'A tag has one value: got a twice.' }],
    ['a name that is no name', { tags: 'a b=1' }, { tags: 'A name of letters, digits and "_" is wanted: got "a b".' }],
  ])('says of %s what is wanted', (_name, change, problems) => {
    expect(problemsOf(change)).toEqual(problems);
  });

  test('takes a pattern that has spaces in its labels', () => {
    expect(judgeDraft({ ...emptyDraft, metrics: 'disk{mount="/my disk"} 10' })).toEqual({
      kind: 'settings',
      json: { metrics: [{ pattern: 'disk{mount="/my disk"}', every: 10 }] },
    });
  });

  test('takes a tag with an equals sign in its value', () => {
    expect(judgeDraft({ ...emptyDraft, tags: 'url=a=b' })).toEqual({
      kind: 'settings',
      json: { tags: { url: 'a=b' } },
    });
  });
});
