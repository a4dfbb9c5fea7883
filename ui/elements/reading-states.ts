/**
 * What stands on a page in the place of something that is read from the hub: that it is waited for, that it could not be
 * read, or, above what was known before, why there is no news. Goes with `noneStyles`.
 */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Polled } from '../controllers/polled.ts';

export const readingStyles = css`
  .problem-bar {
    margin-bottom: 8px;
    padding: 6px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-down-bg);
  }
  .block {
    height: 320px;
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-2);
  }
`;

/** Why there is no news, over what is known; nothing when all is well. `again`: a button that asks anew. */
export function problemBar(why: string | null, again?: () => void) {
  if (why === null) return nothing;
  return html`<p class="problem-bar" role="alert">
    ${why} ${again === undefined ? nothing : html`<button class="btn small" @click=${again}>Try again</button>`}
  </p>`;
}

/** What was answered, as `render` draws it; until then that it is waited for, and nothing where `problemBar` says why it is not. */
export function polledValue<T>({ value, why }: Polled<T>, render: (value: T) => TemplateResult) {
  if (value !== null) return render(value);
  return why === null ? loading() : nothing;
}

/** In the place of a list that could not be read. */
export function unreadable({
  heading,
  why,
  again,
}: {
  readonly heading: string;
  readonly why: string;
  readonly again: () => void;
}) {
  return html`<div class="none" role="alert">
    <h2>${heading}</h2>
    <p>${why}</p>
    <button class="btn" @click=${again}>Try again</button>
  </div>`;
}

/** Where much is to come: its place, so that nothing jumps. */
export function waitingBlock() {
  return html`<span class="sr" role="status">Loading</span>
    <div class="block"></div>`;
}

export function loading() {
  return html`<p class="none" role="status">Loading</p>`;
}
