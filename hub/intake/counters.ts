/** What the intake has seen since the start of the hub, for the metrics and the status message. Only ever rises. */

export interface IntakeCounters {
  acceptedTicks: number;
  acceptedSamples: number;
  replayedTicks: number;
  duplicateItems: number;
  nacks: number;
  refusedTicks: number;
  forgottenBatches: number;
  sealedBatches: number;
  flights: number;
}

/** All at 0. */
export function newCounters(): IntakeCounters {
  return {
    acceptedTicks: 0,
    acceptedSamples: 0,
    replayedTicks: 0,
    duplicateItems: 0,
    nacks: 0,
    refusedTicks: 0,
    forgottenBatches: 0,
    sealedBatches: 0,
    flights: 0,
  };
}
