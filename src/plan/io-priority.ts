import { lookup } from './lookup.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.ioPriority.class` → IOPRIO_CLASS_* of ioprio_set(2). */
export const IO_PRIORITY_CLASSES: Readonly<Record<string, number>> = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

/** Where the class begins in the kernel's number. */
const classShift = 13;

/** `process.ioPriority` */
export const ioPriority: Planner = ({ process }) => {
  if (process.ioPriority === undefined) return [];
  const { class: name, priority = 0 } = process.ioPriority;
  const number = lookup(IO_PRIORITY_CLASSES, name, `invalid ioPriority.Class: ${name}`);
  return [planned({ step: 'io_priority', priority: (number << classShift) | priority }, '/process/ioPriority')];
};
