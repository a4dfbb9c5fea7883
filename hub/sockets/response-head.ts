/**
 * The part of an HTTP answer before its body.
 */
import type { HttpResponse } from 'uWebSockets.js';
import { contentSecurityPolicy } from '#core/page-policy.ts';
import type { HttpAnswer } from '../http.ts';

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Of every answer, as text may be shown by a browser whatever it was meant for. */
const safetyHeaders: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', contentSecurityPolicy],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** Tells browsers to come back encrypted only, for a year. Not to be said of `localhost`, where other programs have no TLS. */
export const strictTransport: Readonly<Record<string, string>> = { 'strict-transport-security': 'max-age=31536000' };

export function writeHead(res: HttpResponse, answer: HttpAnswer): void {
  res.writeStatus(`${answer.status} ${reasons[answer.status] ?? ''}`);
  res.writeHeader('content-type', answer.type);
  for (const [name, value] of safetyHeaders) res.writeHeader(name, value);
  const headers = answer.headers ?? {};
  // Answers are about now, and many are not for everybody.
  if (headers['cache-control'] === undefined) res.writeHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
}
