/**
 * Sends a message by a channel of any kind: the one place that opens its secrets.
 */
import { lookup } from 'node:dns/promises';
import { type SecretBox, SecretError } from '../secret-box.ts';
import { AddressGuard, type Resolve } from './address-guard.ts';
import type { ChannelKind } from './channel.ts';
import { EmailSender } from './email.ts';
import { failed, type HttpRequest, HttpSender, sendMsMax } from './http-sender.ts';
import type { NoticeMessage, TryOutcome } from './notice.ts';
import { toDiscordRequest } from './services/discord.ts';
import { toNtfyRequest } from './services/ntfy.ts';
import { pagerdutyUrl, toPagerdutyRequests } from './services/pagerduty.ts';
import { toSlackRequest } from './services/slack.ts';
import { toTeamsRequest } from './services/teams.ts';
import { telegramUrl, toTelegramRequest } from './services/telegram.ts';
import { toWebhookRequest } from './services/webhook.ts';

/** What a sender needs to know of a channel; a `Channel` is one. */
export interface SendingChannel {
  readonly kind: ChannelKind;
  readonly sealedSettings: Readonly<Record<string, unknown>>;
}

export interface NoticeSenderOptions {
  readonly box: SecretBox;
  readonly internalTargets: readonly string[];
  readonly nowMs: () => number;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
  /** Other servers and certificates, in tests. */
  readonly pagerdutyUrl?: string;
  readonly telegramUrl?: string;
  readonly ca?: string;
}

/** Requests of one message, before the last: a lease of a minute must outlast them. */
const requestsMsMax = 30_000;

/** Asks the system once for all addresses of a name. */
export async function resolveByName(hostName: string): Promise<readonly string[]> {
  const found = await lookup(hostName, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}

export class NoticeSender {
  readonly #options: NoticeSenderOptions;
  readonly #email: EmailSender;
  /** Also for what is no notice. */
  readonly http: HttpSender;

  constructor(options: NoticeSenderOptions) {
    this.#options = options;
    const { internalTargets, resolve = resolveByName, nowMs, timeoutMs = sendMsMax } = options;
    const guard = new AddressGuard({ resolve, internalTargets });
    const shared = { guard, timeoutMs, ...(options.ca === undefined ? {} : { ca: options.ca }) };
    this.http = new HttpSender({ ...shared, nowMs });
    this.#email = new EmailSender(shared);
  }

  /** One try, of some 40 s at most. A secret that cannot be opened is a failure like others; rejects by faults of ours alone. */
  async send({ kind, sealedSettings }: SendingChannel, message: NoticeMessage): Promise<TryOutcome> {
    const { box, nowMs } = this.#options;
    try {
      // One by one, so that each has the type of its kind.
      switch (kind) {
        case 'email':
          return await this.#email.send(box.openSettings(kind, sealedSettings), message);
        case 'webhook':
          return await this.http.send(toWebhookRequest(box.openSettings(kind, sealedSettings), message, nowMs()));
        case 'slack':
          return await this.http.send(toSlackRequest(box.openSettings(kind, sealedSettings), message));
        case 'ntfy':
          return await this.http.send(toNtfyRequest(box.openSettings(kind, sealedSettings), message));
        case 'discord':
          return await this.http.send(toDiscordRequest(box.openSettings(kind, sealedSettings), message));
        case 'telegram':
          return await this.http.send(
            toTelegramRequest(
              box.openSettings(kind, sealedSettings),
              message,
              this.#options.telegramUrl ?? telegramUrl,
            ),
          );
        case 'pagerduty':
          return await this.#sendAll(
            toPagerdutyRequests(
              box.openSettings(kind, sealedSettings),
              message,
              this.#options.pagerdutyUrl ?? pagerdutyUrl,
            ),
          );
        case 'teams':
          return await this.http.send(toTeamsRequest(box.openSettings(kind, sealedSettings), message));
      }
    } catch (error) {
      if (error instanceof SecretError) return failed(error.message);
      throw error;
    }
  }

  /** In order, until one fails: what has been sent is sent again then. */
  async #sendAll(requests: readonly HttpRequest[]): Promise<TryOutcome> {
    const startMs = performance.now();
    let outcome: TryOutcome = { kind: 'sent', answer: 'nothing to send' };
    for (const request of requests) {
      if (performance.now() - startMs > requestsMsMax) return failed('Too slow', { mayHaveArrived: true });
      outcome = await this.http.send(request);
      if (outcome.kind === 'failed') return outcome;
    }
    return outcome;
  }
}
