/**
 * Whether the program in this container works, for HEALTHCHECK: exit code 0 or 1. `hub`: it answers at the address that it has
 * written down, and has its database. `agent`: it has written a tick within PULSEWIRE_HEALTH_SECONDS (120 unless set, which must be
 * longer than its interval).
 */
import { readFileSync, statSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';

const answerMsMax = 4_000;

function hubStatus() {
  const url = new URL('/healthz', readFileSync('/var/lib/pulsewire/hub-address', 'utf8').trim());
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  // It is asked on this machine whether it lives, not who it is: its certificate need not name localhost.
  const options = { host: '127.0.0.1', port: url.port, rejectUnauthorized: false, timeout: answerMsMax };
  return new Promise((resolve, reject) => {
    const request = get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${answerMsMax} ms`)));
    request.once('error', reject);
  });
}

function agentAgeSeconds() {
  const changedMs = ['spool.sqlite', 'spool.sqlite-wal'].map(
    (name) => statSync(`/var/lib/pulsewire-agent/${name}`, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return (Date.now() - Math.max(...changedMs)) / 1_000;
}

async function check(program) {
  if (program === 'hub') {
    const status = await hubStatus();
    return status === 200 ? null : `/healthz must answer 200: got ${status}`;
  }
  const secondsMax = Number(process.env.PULSEWIRE_HEALTH_SECONDS ?? 120);
  const ageSeconds = agentAgeSeconds();
  return ageSeconds <= secondsMax
    ? null
    : `the last tick must be at most ${secondsMax} s old: got ${Math.round(ageSeconds)} s`;
}

const problem = await check(process.argv[2]).catch((error) => error.message);
if (problem !== null) process.stderr.write(`Not healthy: ${problem}\n`);
process.exit(problem === null ? 0 : 1);
