/** Which of many hosts could not be changed, and why: the first of them. */
import { html, nothing } from 'lit';
import { problem } from '../pw-dialog.ts';

const whysShown = 5;

export function whyLines(whys: readonly string[]) {
  if (whys.length === 0) return nothing;
  const others = whys.length - whysShown;
  return html`<div role="alert">
    ${whys.slice(0, whysShown).map((why) => problem(why))} ${others > 0 ? problem(`And ${others} more.`) : nothing}
  </div>`;
}
