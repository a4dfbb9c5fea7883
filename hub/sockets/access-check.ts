/**
 * Who sends a request, and whether the rule of what it asks for lets them through: asked by each route and by each viewer's
 * upgrade.
 */
import { type AccessRule, type Actor, judgeAccess } from '../access/actor.ts';
import type { Credentials, Gate } from '../access/gate.ts';
import { HttpError } from '../http.ts';

const wanted: Readonly<Record<AccessRule, string>> = {
  public: 'nothing is wanted',
  viewer: 'the role viewer is wanted',
  editor: 'the role editor is wanted',
  admin: 'the role admin is wanted',
  push: 'the role editor, or a token with the scope "push", is wanted',
  person: 'a person who is signed in is wanted',
};

/** Who sends it. What is for everybody is so too for those of whom nothing can be known now. Rejects with HttpError. */
export async function identify(
  credentials: Credentials,
  { gate, rule }: { readonly gate: Gate; readonly rule: AccessRule },
): Promise<Actor> {
  try {
    return await gate.identify(credentials);
  } catch (error) {
    if (rule === 'public' && error instanceof HttpError) return { kind: 'anonymous', canRead: false };
    throw error;
  }
}

/** What is answered to whoever the rule does not let through: 401 where signing in may help, 403 where it would not; null for others. */
export function refusalOf(rule: AccessRule, actor: Actor): HttpError | null {
  switch (judgeAccess(rule, actor)) {
    case 'allowed':
      return null;
    case 'unknown':
      return new HttpError(401, 'Cannot answer: sign in, or send an API token as "authorization: Bearer …"', {
        'www-authenticate': 'Bearer realm="pulsewire"',
      });
    case 'forbidden':
      return new HttpError(403, `Cannot answer: ${wanted[rule]}`);
  }
}
