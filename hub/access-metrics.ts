/**
 * Metrics of who may do what: how near its bounds are, and how often somebody was turned away.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { AccessRoom } from './access/access-room.ts';
import { apiTokensMax, peopleMax } from './access/accounts/account-refusals.ts';
import { waitingMax } from './access/accounts/passwords.ts';

export function registerAccessMetrics(registry: Registry, access: AccessRoom): void {
  const registers = [registry];
  const { accounts, book, gate, passwords, viewers } = access;
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['people', `Accounts of people; at most ${peopleMax}`, () => book.counts.people],
    ['sessions', 'Sessions of people who are signed in', () => book.counts.sessions],
    ['api_tokens', `API tokens; at most ${apiTokensMax}`, () => book.counts.tokens],
    ['passwords_waiting', `Passwords that wait to be checked; at most ${waitingMax}`, () => passwords.waitingCount],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `pulsewire_hub_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  const counters: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['sign_ins_total', 'People who have signed in', () => accounts.signInCount],
    ['passwords_checked_total', 'Passwords checked or hashed', () => passwords.checkedCount],
    ['passwords_refused_total', 'Passwords that were not checked as too many waited', () => passwords.refusedCount],
    [
      'viewers_signed_out_total',
      'Sockets of viewers closed as their session ended or changed',
      () => viewers.closedCount,
    ],
  ];
  for (const [name, help, read] of counters) {
    new Counter({
      name: `pulsewire_hub_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
  const limiters = {
    address: accounts.addresses,
    account: accounts.names,
    share: accounts.shares,
    unknown: gate.limiter,
  } as const;
  new Gauge({
    name: 'pulsewire_hub_tries_limiter_keys',
    help: `Addresses and accounts whose wrong tries are counted; at most ${accounts.addresses.keysMax} of each kind`,
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, limiter] of Object.entries(limiters)) this.set({ kind }, limiter.keyCount);
    },
  });
  new Counter({
    name: 'pulsewire_hub_tries_limited_total',
    help: 'Tries refused as there had been too many wrong ones, by what they are counted by',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      for (const [kind, limiter] of Object.entries(limiters)) this.inc({ kind }, limiter.refusedCount);
    },
  });
}
