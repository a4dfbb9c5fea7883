/** What stands in the place of a list of alerts that has nothing to show, and why. */
import { css, html, nothing } from 'lit';
import { formatCount } from '../../model/format.ts';
import { type AlertsRoute, hrefOf, ruleRoute } from '../../model/route.ts';

export const stateStyles = css`
  .state {
    margin-bottom: 12px;
    padding: 7vh 16px;
    border-radius: var(--pw-r-3);
    text-align: center;
    color: var(--pw-text-3);
  }
  .state svg {
    margin: 0 auto 12px;
    color: var(--pw-ok);
  }
  .state h2 {
    margin-bottom: 4px;
    color: var(--pw-text-1);
  }
  .state .btn {
    margin-top: 12px;
  }
  .wait {
    height: 300px;
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-2);
  }
  @media (prefers-reduced-motion: no-preference) {
    .wait {
      animation: breathe 1.4s ease-in-out infinite;
    }
    @keyframes breathe {
      50% {
        opacity: 0.5;
      }
    }
  }
`;

/** All is well. `ruleCount`: those that are judged; null while that is not known. */
export function calmState({
  ruleCount,
  hostCount,
  canEdit,
}: {
  readonly ruleCount: number | null;
  readonly hostCount: number;
  readonly canEdit: boolean;
}) {
  const rules = ruleCount === 1 ? '1 rule watches' : `${formatCount(ruleCount ?? 0)} rules watch`;
  const hosts = hostCount === 1 ? '1 host' : `${formatCount(hostCount)} hosts`;
  return html`<div class="state panel">
    <svg width="40" height="40" viewBox="0 0 40 40" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
      <circle cx="20" cy="20" r="17" />
      <path d="M12.5 20.8l5 5 10-11" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
    <h2>Nothing fires</h2>
    <p>${ruleCount === null ? nothing : `${rules} ${hosts}.`}</p>
    ${ruleCount === 0 && canEdit ? html`<a class="btn" href=${hrefOf(ruleRoute)} data-navigate>New rule</a>` : nothing}
  </div>`;
}

/** `isOfDay`: only the last day was looked at. */
export function noneOverState(isOfDay: boolean) {
  return html`<div class="state panel">
    <h2>Nothing has ended${isOfDay ? ' in the last 24 h' : ''}</h2>
    <p>Alerts that are over stand here, with how long they lasted and who was told.</p>
  </div>`;
}

/** `count`: how many there are without the filter. */
export function noMatchState({ query, severity }: AlertsRoute, count: number, clear: () => void) {
  const what = [severity ?? '', query.trim() === '' ? '' : `\u201c${query.trim()}\u201d`].filter(Boolean).join(' ');
  return html`<div class="state panel" role="status">
    <h2>No alert matches ${what}</h2>
    <p>${formatCount(count)} ${count === 1 ? 'is' : 'are'} there without the filter.</p>
    <button class="btn" @click=${clear}>Clear filter</button>
  </div>`;
}

/** `why`: one sentence; null while nothing has gone wrong yet. */
export function unknownState(why: string | null, retry: () => void) {
  if (why === null)
    return html`<span class="sr" role="status">Loading</span>
      <div class="wait"></div>`;
  return html`<div class="state panel" role="alert">
    <h2>This list could not be loaded</h2>
    <p>${why}</p>
    <button class="btn" @click=${retry}>Try again</button>
  </div>`;
}
