/** What each part of the scenario `ui` gives; the scenario puts them together. */
import type { Figures } from '../scenario.ts';

export interface PartOutcome {
  readonly figures: Figures;
  readonly problems: readonly string[];
}
