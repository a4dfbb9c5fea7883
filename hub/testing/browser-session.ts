/**
 * What a browser keeps of the hub: the cookie, and what it sends along with changes. Its requests name no host but the hub's own.
 */
import { WebSocket } from 'ws';
import { viewerSubprotocol } from '#core/message.ts';

export interface BrowserAnswer<B = Record<string, unknown>> {
  readonly status: number;
  readonly body: B;
  readonly headers: Headers;
}

export class BrowserSession {
  readonly #url: string;
  cookie = '';
  csrf: string | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Another browser with the same cookie. */
  copy(url = this.#url): BrowserSession {
    const copy = new BrowserSession(url);
    copy.cookie = this.cookie;
    copy.csrf = this.csrf;
    return copy;
  }

  async ask<B = Record<string, unknown>>(
    method: string,
    path: string,
    body: unknown = null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<BrowserAnswer<B>> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: {
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie === '' ? {} : { cookie: this.cookie }),
        ...(this.csrf === null ? {} : { 'x-csrf-token': this.csrf }),
        ...headers,
      },
      ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const set = answer.headers.get('set-cookie');
    if (set !== null) this.cookie = set.split(';')[0]!;
    const text = await answer.text();
    const content = (answer.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : text;
    if (path.startsWith('/api/v1/se') && answer.ok && 'csrf' in content) this.csrf = content.csrf;
    return { status: answer.status, body: content as B, headers: answer.headers };
  }

  async signIn(name: string, password: string): Promise<BrowserAnswer> {
    return await this.ask('POST', '/api/v1/session', { name, password });
  }

  /** A socket of a page; settles when the first message has come, or with how it was refused. */
  async watch(): Promise<ViewerClient> {
    const headers = { origin: this.#url, ...(this.cookie === '' ? {} : { cookie: this.cookie }) };
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/live`, viewerSubprotocol, { headers });
    const client = new ViewerClient(socket);
    await client.opened;
    return client;
  }
}

export class ViewerClient {
  readonly socket: WebSocket;
  /** Rejects with the status of a refusal. */
  readonly opened: Promise<void>;
  /** Code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.opened = new Promise((resolve, reject) => {
      socket.once('message', () => resolve());
      socket.once('unexpected-response', (_, answer) => reject(new Error(`Cannot open: got ${answer.statusCode}`)));
      socket.once('error', reject);
      socket.once('close', (code, reason) => reject(new Error(`Cannot open: got ${code} ${reason.toString()}`)));
    });
    this.opened.catch(() => {});
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }
}
