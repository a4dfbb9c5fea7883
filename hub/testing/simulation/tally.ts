/**
 * What a run of seeds has seen: a simulation that never meets the interesting events proves nothing, so each of
 * them must have happened at least once.
 */

export const interestingEvents = [
  'replay',
  'duplicate dropped by the hub',
  'duplicate ignored by the database',
  'nack unexpected_seq',
  'nack unknown_layout',
  'nack rejected',
  'nack busy',
  'commit without ack',
  'batch that straddles cut',
  'gap stored: spool_full',
  'gap stored: hub_rewound',
  'gap stored: damaged',
  'gap stored: rejected',
  'gap stored: expired',
  'fork found',
  'rows re-homed',
  'forgotten batch',
  'starved link',
  'unknown outcome repeated',
  'statement committed twice',
  'hub crash with open batch',
  'hub crash with flight under way',
  'agent crash',
  'uncommitted ticks lost',
  'spool restored',
  'spool cloned',
  'second clone refused',
  'machine reverted',
  'database restored',
  'database emptied',
  'batch of an earlier lease left out',
  'link replaced',
  'host removed',
  'push stored',
  'push retry recognised',
  'clock shifted',
  'layout changed',
  'interval changed',
  'item blamed for closes',
  'live while behind',
  'storage away at hello',
] as const;

export type InterestingEvent = (typeof interestingEvents)[number];

export class Tally {
  readonly counts = new Map<InterestingEvent, number>();

  count(event: InterestingEvent, times = 1): void {
    if (times > 0) this.counts.set(event, (this.counts.get(event) ?? 0) + times);
  }

  add(other: Tally): void {
    for (const [event, times] of other.counts) this.count(event, times);
  }

  unseen(): InterestingEvent[] {
    return interestingEvents.filter((event) => !this.counts.has(event));
  }
}
