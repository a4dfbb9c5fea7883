/**
 * The running hub of a data folder, asked by the operator's key: what a command does through it is checked and written down as
 * what anybody does.
 */
import { ConfigError } from '#core/errors.ts';
import { readOperatorKey } from '../access/operator-key.ts';
import { hubAddressUid, readHubAddress } from '../hub-address.ts';
import { listenerUids } from '../network/listener-owner.ts';
import { askOwnHub, type OwnRequest } from '../network/own-request.ts';
import type { Place } from './target.ts';

export interface OwnHub {
  readonly url: string;
  /** What it answers, parsed. Rejects with ConfigError when it does not, or refuses. */
  ask(request: {
    readonly method: OwnRequest['method'];
    readonly path: string;
    readonly body?: unknown;
    readonly msMax?: number;
  }): Promise<unknown>;
}

const askMsMax = 30_000;

/** Throws ConfigError when none runs, or its key cannot be read. */
export function ownHub({ config, dataFolder }: Place): OwnHub {
  const url = readHubAddress(dataFolder);
  if (url === null)
    throw new ConfigError([
      `the hub of the data folder ${JSON.stringify(dataFolder)} must be running: got none, or another that uses the database`,
    ]);
  // Over TLS the hub proves itself by its certificate.
  if (!url.startsWith('https:')) checkListeners(listenerUids(new URL(url)), hubAddressUid(dataFolder), url);
  const authorization = `Bearer ${readOperatorKey({ env: process.env, dataFolder })}`;
  return {
    url,
    ask: async ({ method, path, body, msMax = askMsMax }) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = { authorization, ...(text === '' ? {} : { 'content-type': 'application/json' }) };
      const asked = { method, url, certFile: config.tlsCertFile, path, headers, body: text, msMax };
      const answer = await askOwnHub(asked);
      const content = parse(answer.text);
      if (answer.status < 400) return content;
      const why = typeof content === 'object' && content !== null && 'error' in content ? content.error : answer.text;
      throw new ConfigError([`the hub must agree: got ${answer.status}, ${JSON.stringify(why)}`]);
    },
  };
}

/** Throws ConfigError when others than the hub's own user, or root, listen where it was. */
export function checkListeners(uids: readonly number[], hubUid: number | null, url: string): void {
  const stranger = uids.find((uid) => uid !== hubUid && uid !== 0);
  if (stranger === undefined) return;
  throw new ConfigError([
    `the hub at ${url} must run as the user ${hubUid ?? 'who has its data folder'}: got a program of the user ${stranger}, which is sent no key`,
  ]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
