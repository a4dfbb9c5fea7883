/**
 * Days until the TLS certificates of some services expire, once an hour.
 *
 * Gives `tls_certificate_days{target="host:port"}`; negative once a certificate has expired, no value while
 * the service cannot be reached. Put your own services into `targets`. A useful alert: below 14.
 */
import { connect } from 'node:tls';

const targets = ['localhost:443'];
const connectMsMax = 4_000;

export const everyMs = 3_600_000;
export const unit = 'd';

export async function collect() {
  const values = await Promise.all(targets.map(daysLeft));
  return Object.fromEntries(targets.map((target, index) => [seriesKey(target), values[index]]));
}

/** A name may carry labels, written as `name{label="text"}` with the labels in alphabetical order. */
function seriesKey(target) {
  return `tls_certificate_days{target="${target}"}`;
}

/** Days, or null when there is no answer. */
function daysLeft(target) {
  const colon = target.lastIndexOf(':');
  const host = target.slice(0, colon);
  return new Promise((resolve) => {
    // Who signed it does not matter here: the date of an untrusted certificate is wanted as well.
    const socket = connect({
      host,
      port: Number(target.slice(colon + 1)),
      servername: /^[\d.:]+$/.test(host) ? '' : host,
      rejectUnauthorized: false,
      timeout: connectMsMax,
    });
    const settle = (days) => {
      socket.destroy();
      resolve(days);
    };
    socket.once('secureConnect', () => {
      settle((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / 86_400_000);
    });
    socket.once('timeout', () => settle(null));
    socket.once('error', () => settle(null));
  });
}
