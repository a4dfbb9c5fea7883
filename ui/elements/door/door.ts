/** What the pages in front of the hub share: the frame, and the field of a password. They say nothing of hosts. */
import { html, svg, type TemplateResult } from 'lit';
import type { SessionWarning } from '../../model/session.ts';
import { icon, mark } from '../icons.ts';

/** Heights of the strokes, as of a fleet that is mostly on time: a drawing, nothing of it is measured. */
const strokes = Array.from({ length: 56 }, (_, at) =>
  at % 17 === 11 ? 0.45 : 0.84 + 0.16 * Math.abs(Math.sin(at * 1.7)),
);

export interface DoorParts {
  readonly form: TemplateResult;
  /** What helps whoever does not get in. */
  readonly help: TemplateResult;
  /** What whoever types a password here should know before. */
  readonly warnings: readonly SessionWarning[];
}

export function renderDoor({ form, help, warnings }: DoorParts): TemplateResult {
  return html`<div class="door">
    <aside aria-label="Pulsewire">
      <p class="brand">${mark()}<span>Pulsewire</span></p>
      <div class="wide">
        <p class="place">${location.hostname}</p>
        <p class="promise">Metrics from your hosts, every second.</p>
        <svg class="strip" viewBox="0 0 448 56" preserveAspectRatio="none" aria-hidden="true">
          ${strokes.map(
            (share, at) =>
              svg`<rect class=${share < 0.5 ? 'late' : ''} x=${at * 8} y=${56 * (1 - share)} width="5" height=${56 * share} fill-opacity=${0.35 + (0.6 * at) / strokes.length} />`,
          )}
        </svg>
      </div>
      ${help}
    </aside>
    <main>
      ${warnings.map(({ text }) => html`<p class="warning" role="note">${icon('shield')}<span>${text}</span></p>`)} ${form}
    </main>
  </div>`;
}
