/**
 * What REST takes and gives of people, their sessions, and API tokens. Times are epoch seconds.
 */
import { z } from 'zod';
import { roles, tokenScopes } from '../../access/actor.ts';
import { visibleLine } from '../alert-schemas.ts';

const seconds = z.number().describe('Epoch seconds');

export const personNameCharactersMax = 100;
/** Its bytes are counted when it has been normalised (hub/access/accounts/passwords.ts); here only what is not even looked at. */
const passwordCharactersMax = 4_096;

export const personName = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(visibleLine(personNameCharactersMax).min(1));
const password = z.string().min(1).max(passwordCharactersMax);
const newPassword = password.describe('12 to 1,024 bytes of UTF-8');

export const signInBody = z.strictObject({ name: z.string().max(400), password });
export const setupBody = z.strictObject({
  code: z.string().min(1).max(200).describe('Of the link that the hub has printed'),
  name: personName,
  password: newPassword,
});
export const passwordBody = z.strictObject({ old: password, new: newPassword });

/** Who asks, and what they may do. Says nothing of hosts or versions to a stranger. */
export const sessionAnswer = z.object({
  actor: z.object({
    kind: z.enum(['anonymous', 'person', 'token', 'operator']),
    name: z.string().describe('Empty for who is not signed in'),
    role: z.enum(roles).nullable().describe('What it comes up to; null for one that may not even look'),
  }),
  csrf: z
    .string()
    .nullable()
    .describe('To be sent as the header x-csrf-token with each change that is made by the cookie; null without one'),
  setup: z
    .enum(['wanted', 'done'])
    .describe('wanted: there is no admin yet, and the hub has printed a link for the first'),
  can_read: z.boolean(),
  warnings: z.array(z.object({ code: z.string(), text: z.string() })).describe('For a banner'),
});

export const sessionListAnswer = z.array(
  z.object({
    id: z.number().int(),
    created: seconds,
    used: seconds.describe('To within a minute'),
    expires: seconds,
    address: z.string().describe('From which it was begun'),
    user_agent: z.string(),
    is_current: z.boolean(),
  }),
);

export const personBody = z.strictObject({
  name: personName,
  role: z.enum(roles),
  password: newPassword.optional().describe('Absent: the hub makes one and answers it, this once'),
});

export const personPatchBody = z
  .strictObject({
    role: z.enum(roles).optional(),
    is_disabled: z.boolean().optional(),
    password: newPassword
      .nullable()
      .optional()
      .describe('A new one for somebody who has lost theirs; null: the hub makes one and answers it, this once'),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'something to be changed is wanted');

export const personAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  role: z.enum(roles),
  is_disabled: z.boolean(),
  created: seconds,
  signed_in: seconds.nullable().describe('Last'),
  sessions: z.number().int().describe('Open ones'),
  tokens: z.number().int().describe('API tokens that would go with this person'),
});
export const personListAnswer = z.array(personAnswer);
/** After a change. */
export const personChangedAnswer = personAnswer.extend({
  password: z.string().optional().describe('When the hub has made one; it is shown this once'),
});

const apiTokenFields = z.strictObject({
  name: personName,
  scope: z
    .enum(tokenScopes)
    .describe('push: metrics and nothing else; read, write, admin: what a viewer, an editor, an admin may'),
  expires: z
    .union([z.number().min(0).max(1e11), z.null()])
    .default(null)
    .describe('Epoch seconds; null: never. A token that expires makes none that lasts longer'),
  client: visibleLine(255)
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Of a token that pushes: the client_id as which alone it pushes, registers and reads; null: as whichever it says',
    ),
});

export const apiTokenBody = apiTokenFields.refine(({ scope, client }) => client === null || scope === 'push', {
  path: ['client'],
  error: 'only a token of the scope "push" is for one client',
});

export const apiTokenAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  scope: z.enum(tokenScopes),
  client: z.string().nullable().describe('As which alone it pushes; null: as whichever it says'),
  by: z.string().nullable().describe("Who made it, and with whom it goes; null for the operator's"),
  created: seconds,
  expires: seconds.nullable(),
  used: seconds.nullable().describe('To within a minute; null: never'),
  is_expired: z.boolean(),
});
export const apiTokenListAnswer = z.array(apiTokenAnswer);
export const apiTokenMadeAnswer = apiTokenAnswer.extend({
  token: z.string().describe('Shown this once: only its hash is kept'),
});
