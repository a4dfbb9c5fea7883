/**
 * The part of an HTTP answer before its body.
 */
import type { HttpResponse } from 'uWebSockets.js';
import type { HttpAnswer } from '../http.ts';

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
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
  426: 'Upgrade Required',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function writeHead(res: HttpResponse, answer: HttpAnswer): void {
  res.writeStatus(`${answer.status} ${reasons[answer.status] ?? ''}`);
  res.writeHeader('content-type', answer.type);
  res.writeHeader('x-content-type-options', 'nosniff');
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.writeHeader(name, value);
}
