const waiting: (() => void)[] = [];

/**
 * A turn of the event loop for nobody else: what is done when this resolves is done alone. A hundred containers that are asked for
 * at once are begun in a hundred turns, and whatever else the program waits for comes between them.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

/** An immediate that is asked for in one runs in the next iteration of the loop. */
function next(): void {
  waiting[0]?.();
  // what it resolves runs before the next iteration
  waiting.shift();
  if (waiting.length > 0) setImmediate(next);
}
