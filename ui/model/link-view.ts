/**
 * What the live pill and the banner say. A pure function of what is known about the link, so that every state has a
 * test and the words stand in one place.
 *
 * | live       | the hub's messages come                                    |
 * | connecting | no socket yet, for less than 3 s                           |
 * | delayed    | they come, and the hub says that storing is behind         |
 * | polling    | no messages for 3 s, but REST answers                      |
 * | lost       | no messages for 3 s, and no answers                        |
 */
import type { StorageState } from '#core/message.ts';
import type { Link } from '../live/feed.ts';
import { formatAge, formatClock, formatDuration } from './format.ts';

/** A loss that heals within this time is nobody's business. */
export const bannerAfterMs = 3_000;
/** Storing that is later than this is a state of its own. */
const delayedAfterMs = 60_000;
/** Answers that are older no longer count: three rounds of polling were lost. */
const polledMsMax = 16_000;

export type LinkState = 'live' | 'connecting' | 'delayed' | 'polling' | 'lost';

export interface BannerView {
  readonly kind: 'warn' | 'error';
  readonly strong: string;
  readonly text: string;
  readonly canRetry: boolean;
}

export interface LinkView {
  readonly state: LinkState;
  readonly pill: string;
  readonly banner: BannerView | null;
}

export interface LinkFacts {
  readonly link: Link;
  readonly localMs: number;
  readonly storage: { readonly state: StorageState; readonly unstoredMs: number } | null;
  /** Local time of the newest polled answer; null when there was none. */
  readonly polledMs: number | null;
  /** Age of the newest data on the page, on the hub's clock; null when there is none. */
  readonly dataAgeMs: number | null;
  /** Time of that data, epoch ms. */
  readonly dataMs: number | null;
}

export function viewLink(facts: LinkFacts): LinkView {
  const { link, localMs, dataAgeMs } = facts;
  const silentMs =
    link.phase === 'open' ? localMs - (link.heardMs ?? localMs) : localMs - (link.lostSinceMs ?? localMs);
  if (silentMs < bannerAfterMs) {
    if (!link.everOpen) return { state: 'connecting', pill: 'connecting', banner: null };
    const delay = delayOf(facts);
    if (delay !== null) return delay;
    return { state: 'live', pill: `live · ${dataAgeMs === null ? 'waiting' : formatAge(dataAgeMs)}`, banner: null };
  }

  const nextTry =
    link.nextTryMs === null ? 'Trying to connect.' : `Next live try in ${formatDuration(link.nextTryMs - localMs)}.`;
  if (facts.polledMs !== null && localMs - facts.polledMs < polledMsMax) {
    return {
      state: 'polling',
      pill: `polling · ${dataAgeMs === null ? 'waiting' : `${formatDuration(dataAgeMs)} old`}`,
      banner: {
        kind: 'warn',
        strong: link.everOpen ? `Live connection lost ${formatDuration(silentMs)} ago.` : 'No live connection.',
        text: `Asking the hub every 5\u202fs instead. ${nextTry}`,
        canRetry: true,
      },
    };
  }
  const asOf = facts.dataMs === null ? '' : ` Showing data as of ${formatClock(facts.dataMs)} UTC.`;
  return {
    state: 'lost',
    pill: `no data · ${formatDuration(silentMs)}`,
    banner: {
      kind: 'error',
      strong: `The hub has not answered for ${formatDuration(silentMs)}.`,
      text: `${asOf} Agents keep what they measure and send it later. ${nextTry}`.trim(),
      canRetry: true,
    },
  };
}

function delayOf({ storage }: LinkFacts): LinkView | null {
  if (storage === null || storage.state === 'stored') return null;
  const late = formatDuration(storage.unstoredMs);
  if (storage.state === 'away') {
    return {
      state: 'delayed',
      pill: 'live · not stored',
      banner: {
        kind: 'warn',
        strong: 'The database cannot be reached.',
        text: `Live charts are current. Storing is ${late} behind; agents keep what is not stored, so nothing is lost.`,
        canRetry: false,
      },
    };
  }
  if (storage.unstoredMs < delayedAfterMs) return null;
  return {
    state: 'delayed',
    pill: `live · stored ${late} late`,
    banner: {
      kind: 'warn',
      strong: `Storing is delayed by ${late}.`,
      text: 'Live charts are current, history is behind. Agents keep what is not stored, so nothing is lost.',
      canRetry: false,
    },
  };
}
