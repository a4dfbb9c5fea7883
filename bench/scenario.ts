/**
 * What a scenario is to the runner: a row of data goes in, figures and problems come out.
 */

/** Numbers by name, unit last in the name. */
export type Figures = Readonly<Record<string, number>>;

export interface ScenarioOutcome {
  readonly figures: Figures;
  /** What makes the run worth nothing: rows that do not add up, refused ticks. Empty in a good run. */
  readonly problems: readonly string[];
  readonly postgresVersion: string | null;
}

/** What the runner gives to every scenario. */
export interface ScenarioContext {
  readonly isSmoke: boolean;
  /** Whether other stores get the same work, where the scenario compares itself with them. */
  readonly withPeers: boolean;
  /** Folder in which the hub's CPU profiles are left; null for none. */
  readonly profileFolder: string | null;
  /** One line for the person who waits. */
  readonly say: (line: string) => void;
}
