/**
 * Connections, the bounds of what one of them may take, and the certificate, in Prometheus text.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { CertificateKeeper } from './certificate-keeper.ts';
import { addressesMax, type Doorman, type LimitName, limitNames } from './doorman.ts';

/** Answers what counts those who were refused or closed. */
export function registerNetworkMetrics(registry: Registry, doormanOf: () => Doorman): (limit: LimitName) => void {
  const registers = [registry];
  const limited = new Counter({
    name: 'pulsewire_hub_limited_total',
    help: 'Connections, requests and messages refused as one peer had too many, by bound',
    labelNames: ['limit'],
    registers,
  });
  for (const limit of limitNames) limited.inc({ limit }, 0);
  const gauge = (name: string, help: string, read: (doorman: Doorman) => number) =>
    new Gauge({
      ...{ name: `pulsewire_hub_${name}`, help, registers },
      collect() {
        this.set(read(doormanOf()));
      },
    });
  gauge('connections', 'Open connections of all kinds', ({ connectionCount }) => connectionCount);
  gauge('connections_max', 'Bound of connections', ({ limits }) => limits.connectionsMax);
  gauge(
    'address_connections_most',
    'Agents and dashboards of the address that has most',
    ({ addressSocketsMost }) => addressSocketsMost,
  );
  gauge(
    'address_connections_max',
    'Bound of address_connections_most, but for this machine itself',
    ({ limits }) => limits.connectionsPerAddressMax,
  );
  gauge('known_addresses', 'Addresses whose connections and requests are counted', ({ addressCount }) => addressCount);
  gauge('known_addresses_max', 'Bound of known_addresses without a connection', () => addressesMax);
  return (limit) => limited.inc({ limit });
}

export function registerCertificateMetrics(registry: Registry, keeper: CertificateKeeper): void {
  const registers = [registry];
  new Gauge({
    name: 'pulsewire_hub_certificate_end_seconds',
    help: 'When the TLS certificate in use ends, as a Unix time',
    registers,
    collect() {
      this.set(keeper.certificate.endsMs / 1_000);
    },
  });
  new Counter({
    name: 'pulsewire_hub_certificates_renewed_total',
    help: 'New certificates taken into use without a restart',
    registers,
    collect() {
      this.reset();
      this.inc(keeper.renewedCount);
    },
  });
  new Counter({
    name: 'pulsewire_hub_certificates_refused_total',
    help: 'New certificates that could not be used; the old one goes on',
    registers,
    collect() {
      this.reset();
      this.inc(keeper.refusedCount);
    },
  });
}
