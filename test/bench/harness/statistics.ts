/** Plain numbers from many measurements: medians, their spread, percentiles of exact recordings. */

/** The middle of several rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value in the middle; of an even number, the mean of the two. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("There is no median of no values.");
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** One ratio a round: the n-th of ours against the n-th of the peer's, which ran beside it. */
export function ratiosOf(ours: readonly number[], peers: readonly number[]): number[] {
  if (ours.length !== peers.length) throw new Error("Both must have run in every round.");
  return ours.map((value, round) => value / (peers[round] as number));
}

/**
 * The smallest recorded value that `percent` of all values do not exceed (nearest rank: no interpolation, no buckets).
 *
 * @param percent above 0, up to 100
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  if (values.length === 0) throw new Error("There is no percentile of no values.");
  const sorted = Float64Array.from(values).sort();
  const rank = Math.ceil((percent / 100) * sorted.length - 1e-9);
  return sorted[Math.max(rank, 1) - 1] as number;
}

/** All recordings in one. */
export function joined(recordings: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(recordings.reduce((length, recording) => length + recording.length, 0));
  let length = 0;
  for (const recording of recordings) {
    all.set(recording, length);
    length += recording.length;
  }
  return all;
}
