/** What the page says instead of a chart, or above it: nothing there, too much, failed, missing hosts. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { comparedHostsMax } from '../../model/compare/chosen.ts';
import { metricTitle } from '../../model/compare/metrics.ts';
import { formatCount } from '../../model/format.ts';
import { icon } from '../icons.ts';

export const stateStyles = css`
  .notice {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-bottom: 10px;
    padding: 6px 12px;
    border: 1px solid var(--pw-border-2);
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-2);
    color: var(--pw-text-1);
    font-size: var(--pw-fs-2);
    overflow-wrap: anywhere;
  }
  .notice.failed {
    border-color: var(--pw-down);
    background: var(--pw-down-bg);
  }
  .empty {
    display: grid;
    place-content: center;
    gap: 4px;
    min-height: 300px;
    padding: 16px;
    text-align: center;
    color: var(--pw-text-3);
  }
  .empty h2 {
    color: var(--pw-text-1);
    overflow-wrap: anywhere;
  }
`;

function empty(title: string, text: string, more: unknown = nothing): TemplateResult {
  return html`<div class="panel empty" role="status">
    <h2>${title}</h2>
    <p>${text}</p>
    ${more}
  </div>`;
}

export function tooMany(count: number): TemplateResult {
  return empty(
    `${formatCount(count)} hosts are too many to compare`,
    `At most ${comparedHostsMax} hosts fit into one comparison. Choose a narrower tag, or hosts by name.`,
  );
}

/** Nobody is chosen: the names mean no host, the tags neither. */
export function nobody(unknown: readonly string[]): TemplateResult {
  const text =
    unknown.length > 0
      ? unknownText(unknown)
      : 'No host has this tag now. Hosts that get it are compared as soon as they have it.';
  return empty('No host to compare', text);
}

export function noValues(metric: string, hostCount: number, choices: TemplateResult): TemplateResult {
  const who =
    hostCount === 1 ? 'The chosen host does not have' : `None of the ${formatCount(hostCount)} chosen hosts has`;
  return empty(
    `No values of \u201c${metric}\u201d`,
    `${who} this metric in the window. Choose another metric, or a longer range.`,
    choices,
  );
}

export interface FailedLoad {
  readonly metric: string;
  readonly hostCount: number;
  readonly why: string;
  readonly retry: () => void;
}

export function failed({ metric, hostCount, why, retry }: FailedLoad): TemplateResult {
  const hosts = hostCount === 1 ? '1 host' : `${formatCount(hostCount)} hosts`;
  return html`<div class="notice failed" role="alert">
    <span>Could not load ${metricTitle(metric)} of ${hosts}. ${why}</span>
    <button class="btn small" @click=${retry}>${icon('repeat', 12)}Try again</button>
  </div>`;
}

export interface Missing {
  /** Names that no host has. */
  readonly unknown: readonly string[];
  /** Hosts without a value, by title. */
  readonly absent: readonly string[];
  readonly lineCount: number;
  readonly leftOutCount: number;
}

/** What is not in the chart although it was chosen; nothing when all is. */
export function missing({ unknown, absent, lineCount, leftOutCount }: Missing): TemplateResult | typeof nothing {
  const sentences = [
    unknown.length > 0 ? unknownText(unknown) : '',
    absent.length > 0 ? `No values of this metric in the window: ${listText(absent)}.` : '',
    leftOutCount > 0
      ? `${formatCount(lineCount)} lines are compared and ${formatCount(leftOutCount)} are left out: choose one series instead of all of a name, or fewer hosts.`
      : '',
  ].filter(Boolean);
  return sentences.length === 0 ? nothing : html`<div class="notice" role="status">${sentences.join(' ')}</div>`;
}

function unknownText(names: readonly string[]): string {
  const [verb, reason] = names.length === 1 ? ['is', 'it was'] : ['are', 'they were'];
  return `There ${verb} no ${listText(names)}: ${reason} renamed or removed, or did not connect yet.`;
}

/** “a”, “b” and 3 more. */
function listText(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `\u201c${name}\u201d`);
  const left = names.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}
