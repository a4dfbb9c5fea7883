/**
 * A receiver of notices on loopback, as an operator would write one: keeps what comes, answers as the test wants.
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

export interface ReceivedNotice {
  readonly key: string;
  readonly target: string;
  readonly kind: string;
  readonly status: 'firing' | 'resolved';
  readonly alert: number | null;
  readonly rule: string;
  readonly host: string;
  readonly series: string;
  readonly value: number | null;
  readonly message: string;
}

export interface ReceivedMessage {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly events: readonly ReceivedNotice[];
}

export class WebhookReceiver {
  readonly messages: ReceivedMessage[] = [];
  /** Of the answers to come. */
  status = 200;
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        if (this.status < 300) {
          const { events } = JSON.parse(body) as { readonly events: readonly ReceivedNotice[] };
          this.messages.push({ path: request.url ?? '', headers: request.headers, body, events });
        }
        response.writeHead(this.status).end();
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((settle) => this.#server.listen(0, '127.0.0.1', settle));
    this.#port = (this.#server.address() as { readonly port: number }).port;
    return this;
  }

  /** As the setting `internalTargets` takes it. */
  get target(): string {
    return `127.0.0.1:${this.#port}`;
  }

  url(path = 'notices'): string {
    return `http://${this.target}/${path}`;
  }

  /** "fired web" and so on, oldest first; tries of the channel left out. */
  said(path?: string): string[] {
    return this.messages
      .filter((message) => path === undefined || message.path === `/${path}`)
      .flatMap(({ events }) => events)
      .filter(({ kind }) => kind !== 'test')
      .map(({ kind, host, status }) => (kind === 'told' ? `told ${host} ${status}` : `${kind} ${host}`));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Whether the message is signed with this secret, as docs/alerts.md says. */
export function isSignedWith(secret: string, { headers, body }: ReceivedMessage): boolean {
  const timestamp = headers['x-pulsewire-timestamp'];
  const wanted = createHmac('sha256', secret)
    .update(`${String(timestamp)}.`)
    .update(body)
    .digest('hex');
  return headers['x-pulsewire-signature'] === `sha256=${wanted}`;
}
