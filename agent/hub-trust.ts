/**
 * Whether the hub is the one that is meant: found out by its certificate, or by the key that is pinned, before a byte is said to
 * it. The token goes out with the first request, so a socket is handed on only when the peer has shown who it is.
 *
 * Without settings the certificate must be of an authority that Node knows, for the name in `hubUrl`. `caFile`
 * stands in the place of those authorities. `hubKeyPin` is the peer's key itself: alone it is enough, since whoever shows it
 * holds it, so a self-signed certificate of any name will do; with `caFile` both must hold.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

export interface HubTrust {
  /** Certificates in PEM; null for those that Node knows. */
  readonly ca: string | null;
  /** `sha256/` and the base64 of the SHA-256 of the key's SubjectPublicKeyInfo; null for any key. */
  readonly keyPin: string | null;
}

/** As for `curl --pinnedpubkey` with `sha256/` in place of `sha256//`, which is taken as well. */
export const keyPinPattern = /^sha256\/{1,2}[A-Za-z0-9+/]{43}=$/;

/** The peer is not the hub that is meant. */
export class UntrustedHubError extends Error {
  override readonly name = 'UntrustedHubError';
  readonly code = 'ERR_HUB_KEY';
}

/** What OpenSSL and Node call a certificate that does not hold, in words. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is of an authority that is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate is of an authority that is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is of an authority that is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is of an authority that is not known here'],
  ['CERT_UNTRUSTED', 'its certificate is of an authority that is not known here'],
  ['CERT_SIGNATURE_FAILURE', 'the signature of its certificate is wrong'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired, or the clock of this machine is wrong'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet, or the clock of this machine is wrong'],
  ['CERT_REVOKED', 'its certificate was revoked'],
  ['INVALID_PURPOSE', 'its certificate is not one of a server'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
]);

/** Why the peer is not to be trusted, when that is what an error says; null for any other error. */
export function distrustOf(error: Error & { readonly code?: unknown }): string | null {
  if (error instanceof UntrustedHubError) return error.message;
  return typeof error.code === 'string' ? (reasons.get(error.code) ?? null) : null;
}

/** Of a connection to the hub, directly or through a proxy. */
export function tlsOptionsOf({ ca, keyPin }: HubTrust): Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'> {
  return { ...(ca === null ? {} : { ca }), rejectUnauthorized: ca !== null || keyPin === null };
}

/** Resolves with the socket when the handshake is done and the peer is the hub; rejects, and ends the socket, otherwise. */
export function secured(socket: TLSSocket, { keyPin }: HubTrust, waitMsMax: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), waitMsMax);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const gone = () => fail(new Error('the connection was closed before the hub showed who it is'));
    socket.once('error', fail);
    socket.once('close', gone);
    socket.once('secureConnect', () => {
      const got = keyPin === null ? null : pinOf(socket);
      if (keyPin !== null && got !== keyPin.replace('//', '/')) {
        fail(new UntrustedHubError(`its key is not the one of "hubKeyPin": got ${got ?? 'none'}`));
        return;
      }
      clearTimeout(timer);
      socket.off('error', fail);
      socket.off('close', gone);
      resolve(socket);
    });
  });
}

/** A `createConnection` of Node's http that hands on only a socket to the hub that is meant. */
export function trustedConnection(trust: HubTrust, waitMsMax: number) {
  return (
    options: { readonly host?: string; readonly port?: number | string },
    onCreated: (error: Error | null, socket?: TLSSocket) => void,
  ): undefined => {
    const { host = 'localhost', port = 443 } = options;
    const bare = host.replace(/^\[|\]$/g, '');
    const socket = connect({
      ...{ host: bare, port: Number(port), servername: isIP(bare) === 0 ? bare : '' },
      ...tlsOptionsOf(trust),
    });
    secured(socket, trust, waitMsMax).then(
      (ready) => onCreated(null, ready),
      (error: Error) => onCreated(error),
    );
    return undefined;
  };
}

function pinOf(socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(key).digest('base64')}`;
}
