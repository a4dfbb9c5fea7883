/**
 * One app of the library, and the address that it listens at. It has one certificate for good, so there may be several: the
 * newest listens, those before it keep the connections they have.
 */
import * as uws from 'uWebSockets.js';
import type { CertificateFiles } from '../network/certificate.ts';

export interface Served {
  readonly app: uws.TemplatedApp;
  /** Open WebSockets. */
  socketCount: number;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Throws when the library cannot use the certificate; null: without TLS. */
export function makeServed(certificate: CertificateFiles | null): Served {
  const app =
    certificate === null
      ? uws.App()
      : uws.SSLApp({
          cert_file_name: certificate.certFile,
          key_file_name: certificate.keyFile,
          ssl_prefer_low_memory_usage: true,
        });
  return { app, socketCount: 0 };
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT` of the library: its types and its module disagree on where it is. */
const exclusivePort = 1;

/** Without the exclusive option two hubs would share one port, each with half of the connections. */
interface ExclusiveApp {
  listen(
    host: string,
    port: number,
    options: number,
    onListening: (listening: uws.us_listen_socket | false) => void,
  ): void;
}

/** Listens at once; null when the address cannot be had. */
export function listenAt({ app }: Served, { host, port }: Place): uws.us_listen_socket | null {
  let listening: uws.us_listen_socket | null = null;
  // Types know options only without a host; the library takes both. It calls back before it returns.
  (app as unknown as ExclusiveApp).listen(host, port, exclusivePort, (socket) => {
    if (socket !== false) listening = socket;
  });
  return listening;
}
