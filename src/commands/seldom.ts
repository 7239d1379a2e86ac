// Commands that engines do not wait for, as one module, loaded (native.cold) when one of them is called.
export { command as events } from './events.ts';
export { command as features } from './features.ts';
export { command as list } from './list.ts';
export { command as ps } from './ps.ts';
export { command as spec } from './spec.ts';
export { command as update } from './update.ts';
