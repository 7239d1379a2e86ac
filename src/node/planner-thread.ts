// The thread in which configs are checked and planned: a large one takes longer than the event loop of a program may be held up.
import { parentPort } from 'node:worker_threads';
import { failureFields, failureText } from '../cli/failure-text.ts';
import { createHost } from './host.ts';
import type { PlannerAnswer, PlannerQuestion } from './planner.ts';
import { createPlanning } from './planning.ts';

const planning = createPlanning(createHost(__dirname));

parentPort?.on('message', ({ number, verb, argument }: PlannerQuestion) => {
  parentPort?.postMessage(answer(number, () => planning[verb](argument as never)));
});

function answer(number: number, work: () => unknown): PlannerAnswer {
  try {
    return { number, value: work() };
  } catch (error) {
    return { number, failure: { message: failureText(error), fields: failureFields(error) } };
  }
}
