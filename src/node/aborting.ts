const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal is aborted; the returned function ends that. All who wait for one signal are one listener: one signal for a
 * hundred containers is as it should be, and Node.js warns of a leak when there are more than ten.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const acts = waiting.get(signal) ?? listen(signal);
  // one function may be given twice
  const own = () => act();
  acts.add(own);
  return () => acts.delete(own);
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  signal.addEventListener('abort', () => acts.forEach((act) => void act()), { once: true });
  return acts;
}
