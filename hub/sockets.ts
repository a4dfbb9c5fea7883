/**
 * One server for agents, viewers, REST and the dashboard's files: where it listens, by which certificate, and what is at each
 * path. Only this file and the room beside it, hub/sockets/, know uWebSockets.js; everybody else has the types of
 * `sockets/endpoints.ts` and `http.ts`.
 *
 * An app of the library has one certificate for good. So there may be several, and what is said to all sockets goes through
 * here.
 */
import * as uws from 'uWebSockets.js';
import type { Audit } from './access/audit.ts';
import type { Gate } from './access/gate.ts';
import type { Access } from './access/site.ts';
import type { Route } from './http.ts';
import type { CertificateFiles } from './network/certificate.ts';
import { addAgents } from './sockets/agent-sockets.ts';
import { Door, type DoorOptions } from './sockets/door.ts';
import type { AgentEndpoint, ViewerEndpoint } from './sockets/endpoints.ts';
import { addRoute, exchange } from './sockets/route-exchange.ts';
import { checkRoutes, strayRoute, upgradeRoute } from './sockets/route-match.ts';
import { listenAt, makeServed, type Place, type Served } from './sockets/served.ts';
import { addViewers } from './sockets/viewer-sockets.ts';

export interface SocketsOptions<C> extends Omit<DoorOptions, 'isTls'> {
  readonly agents: AgentEndpoint<C>;
  readonly viewers: ViewerEndpoint;
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly gate: Gate;
  readonly audit: Audit;
  /** null: without TLS. */
  readonly certificate: CertificateFiles | null;
}

/** Apps with an earlier certificate whose connections go on. One more, and those of the oldest are asked to come back. */
const retiredAppsMax = 4;

export class Sockets<C> {
  readonly #options: SocketsOptions<C>;
  readonly #door: Door;
  #served: Served;
  /** Those that had an earlier certificate: they take no new connections, and what they have goes on. */
  #retired: Served[] = [];
  #listening: uws.us_listen_socket | null = null;
  #place: Place | null = null;

  constructor(options: SocketsOptions<C>) {
    this.#options = options;
    this.#door = new Door({ ...options, isTls: options.certificate !== null });
    checkRoutes(options.routes);
    this.#served = this.#build();
  }

  /** Listens; answers the port, or null when the address cannot be had. */
  listen(host: string, port: number): number | null {
    let listening = listenAt(this.#served, { host, port });
    if (listening !== null && port === 0) {
      // The library lets an address be taken over, which a new certificate needs, only where the port was named.
      const given = uws.us_socket_local_port(listening);
      uws.us_listen_socket_close(listening);
      listening = listenAt(this.#served, { host, port: given });
    }
    if (listening === null) return null;
    this.#listening = listening;
    this.#place = { host, port: uws.us_socket_local_port(listening) };
    return this.#place.port;
  }

  /**
   * Takes new connections with what the certificate's files hold now; those that are open go on. Answers false, and all stays
   * as it was, when the files cannot be used. For 0.1 ms nobody listens: an app of the library cannot have another
   * certificate, and two cannot share an address without letting a second hub share it too.
   */
  renewCertificate(): boolean {
    if (this.#listening === null || this.#place === null) return false;
    let next: Served;
    try {
      next = this.#build();
    } catch {
      return false;
    }
    uws.us_listen_socket_close(this.#listening);
    const listening = listenAt(next, this.#place);
    if (listening === null) {
      this.#listening = listenAt(this.#served, this.#place);
      return false;
    }
    this.#listening = listening;
    this.#retired = [...this.#retired, this.#served].filter((served) => {
      if (served.socketCount > 0) return true;
      served.app.close();
      return false;
    });
    this.#served = next;
    while (this.#retired.length > retiredAppsMax) this.#retired.shift()!.app.close();
    return true;
  }

  publish(topic: string, bytes: Uint8Array): void {
    this.#served.app.publish(topic, bytes, true, false);
    for (const { app } of this.#retired) app.publish(topic, bytes, true, false);
  }

  /** Takes no more connections; those that are open go on. */
  stopListening(): void {
    if (this.#listening !== null) uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  /** Closes everything at once. */
  close(): void {
    this.stopListening();
    for (const { app } of [...this.#retired, this.#served]) app.close();
  }

  /** Throws when the library cannot use the certificate. */
  #build(): Served {
    const door = this.#door;
    const { agents, viewers, routes, access, gate, audit, certificate } = this.#options;
    const served = makeServed(certificate);
    const { app } = served;
    const ports = { door, access, gate, audit };
    app.filter((res, change) => door.watch(res, change));
    addAgents(served, { door, agents });
    addViewers(served, { door, viewers, access, gate });
    for (const route of routes) addRoute(app, route, ports);
    for (const path of ['/agent', '/live']) addRoute(app, upgradeRoute(path), ports);
    const stray = strayRoute(routes);
    app.any('/*', (res, req) => exchange(res, req, { route: stray, ports }));
    return served;
  }
}
