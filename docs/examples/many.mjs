// Many containers at once, watched for a while: each says how many processes it has, until a signal ends all watching.
//
//     node docs/examples/many.mjs bundles/busy 100 2000
import { Runtime } from 'noci';

const [bundle = 'bundles/busy', count = '10', milliseconds = '2000'] = process.argv.slice(2);
const runtime = new Runtime();

/** Follows one until the signal comes; returns what was seen. */
async function watch(container, signal) {
  const seen = [];
  try {
    for await (const { pids } of container.stats({ interval: 200, signal })) seen.push(Number(pids.current ?? 0));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return seen;
}

const ids = Array.from({ length: Number(count) }, (_, index) => `example-many-${process.pid}-${index}`);
const made = await Promise.allSettled(ids.map((id) => runtime.run({ id, bundle })));
const containers = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
try {
  for (const one of made) if (one.status === 'rejected') throw one.reason;
  const signal = AbortSignal.timeout(Number(milliseconds));
  const seen = await Promise.all(containers.map((container) => watch(container, signal)));
  const most = Math.max(...seen.flat());
  console.log(
    `${containers.length} containers, looked at ${seen.flat().length} times, at most ${most} processes in one`,
  );
} finally {
  await Promise.all(containers.map((container) => container.delete({ force: true })));
}
