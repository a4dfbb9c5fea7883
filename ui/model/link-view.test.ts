import { describe, expect, test } from 'vitest';
import type { Link } from '../live/feed.ts';
import { HubClock } from './clock.ts';
import { type LinkFacts, viewLink } from './link-view.ts';

const openLink: Link = {
  phase: 'open',
  lostSinceMs: null,
  failureCount: 0,
  nextTryMs: null,
  heardMs: 100_000,
  everOpen: true,
};
const lostLink: Link = { ...openLink, phase: 'waiting', lostSinceMs: 100_000, failureCount: 1, nextTryMs: 150_000 };

function view(facts: Partial<LinkFacts>) {
  const all = {
    link: openLink,
    localMs: 100_500,
    storage: null,
    polledMs: null,
    dataAgeMs: 300,
    dataMs: Date.UTC(2026, 10, 9, 10, 12, 5),
    ...facts,
  };
  const { state, pill, banner } = viewLink(all);
  const plain = (text: string) => text.replaceAll('\u202f', '_');
  return [state, plain(pill), banner === null ? null : plain(`${banner.strong} ${banner.text}`)];
}

describe('viewLink()', () => {
  test('shows the age of the data while messages come', () => {
    expect(view({})).toEqual(['live', 'live · 0.3_s', null]);
    expect(view({ dataAgeMs: null })).toEqual(['live', 'live · waiting', null]);
  });

  test('lets the age rise for three seconds before it says that anything is lost', () => {
    expect(view({ link: lostLink, localMs: 102_900, dataAgeMs: 3_200 })).toEqual(['live', 'live · 3.2_s', null]);
    expect(view({ link: lostLink, localMs: 103_000 })[0]).toBe('lost');
  });

  test('treats an open socket that fell silent like a lost one', () => {
    expect(view({ localMs: 103_000 })[0]).toBe('lost');
  });

  test('says since when nothing has come, as of when the data is, and what happens to the rest', () => {
    expect(view({ link: lostLink, localMs: 145_000 })).toEqual([
      'lost',
      'no data · 45_s',
      'The hub has not answered for 45_s. Showing data as of 10:12:05 UTC. Agents keep what they measure and send it later. Next live try in 5_s.',
    ]);
  });

  test('says that it polls, and when it tries again', () => {
    expect(view({ link: lostLink, localMs: 142_000, polledMs: 140_000, dataAgeMs: 5_000 })).toEqual([
      'polling',
      'polling · 5_s old',
      'Live connection lost 42_s ago. Asking the hub every 5_s instead. Next live try in 8_s.',
    ]);
    expect(view({ link: { ...lostLink, everOpen: false }, localMs: 142_000, polledMs: 140_000 })[2]).toMatch(
      /^No live connection\. /,
    );
  });

  test('counts no answer that is older than three rounds', () => {
    expect(view({ link: lostLink, localMs: 142_000, polledMs: 120_000 })[0]).toBe('lost');
  });

  test('is connecting before the first socket', () => {
    expect(view({ link: { ...lostLink, everOpen: false }, localMs: 101_000 })).toEqual([
      'connecting',
      'connecting',
      null,
    ]);
  });

  test('says that storing is delayed only when it is by more than a minute', () => {
    expect(view({ storage: { state: 'delayed', unstoredMs: 59_000 } })[0]).toBe('live');
    expect(view({ storage: { state: 'delayed', unstoredMs: 128_000 } }).slice(0, 2)).toEqual([
      'delayed',
      'live · stored 2_m 8_s late',
    ]);
  });

  test('says at once that the database is away', () => {
    expect(view({ storage: { state: 'away', unstoredMs: 2_000 } }).slice(0, 2)).toEqual([
      'delayed',
      'live · not stored',
    ]);
  });
});

describe('HubClock', () => {
  test('takes the message that travelled the shortest', () => {
    const clock = new HubClock();
    for (const [hubMs, localMs] of [
      [1_000, 1_200],
      [2_000, 2_010],
      [3_000, 3_400],
    ] as const)
      clock.observe(hubMs, localMs);
    expect(clock.hubMs(4_000)).toBe(3_990);
  });

  test('follows a clock that was set', () => {
    const clock = new HubClock();
    clock.observe(1_000, 1_000);
    clock.observe(2_000, 7_202_000);
    expect(clock.hubMs(7_203_000)).toBe(3_000);
  });
});
