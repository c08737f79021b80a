/** A promise that is awaited later: until then its failure is nobody's. */
export function inBackground<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}
