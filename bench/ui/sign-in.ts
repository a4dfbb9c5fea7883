/** Somebody who looks at the hub under test: pages show nothing to strangers. */
import { benchOperatorHeaders } from '../hub-process.ts';

const person = { name: 'Viewer of the bench', password: 'a password of the bench' };

/** What the browser of an admin sends to the hub on this port. */
export async function signIn(port: number): Promise<{ name: string; value: string; url: string }> {
  const url = `http://127.0.0.1:${port}`;
  const made = await post(`${url}/api/v1/people`, { ...person, role: 'admin' }, benchOperatorHeaders);
  // Of an earlier page.
  if (made.status !== 201 && made.status !== 409)
    throw new Error(`Cannot make a person: the hub must answer 201: got ${made.status} ${await made.text()}`);
  const answer = await post(`${url}/api/v1/session`, person);
  const cookie = /^([^=;]+)=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '');
  if (cookie === null) throw new Error(`Cannot sign in: the hub must answer 200: got ${answer.status}`);
  return { name: cookie[1]!, value: cookie[2]!, url };
}

function post(url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
