/**
 * The policy under which the dashboard's pages run: everything from the hub itself and nothing inline, no page of others
 * around them, and no text that becomes script on the way through the DOM. The hub sends it with every answer; the pages must live
 * with it, so their tests do too.
 */

/** Makes the address of the worker that decodes history, the one script whose address is put together at run time. */
export const workerPolicyName = 'pulsewire-worker';

/** Of Lit: static markup of its templates, which it reads once through the parser. */
const templatePolicyName = 'lit-html';

export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  `trusted-types ${templatePolicyName} ${workerPolicyName}`,
].join('; ');
