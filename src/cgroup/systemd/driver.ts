// The systemd driver as one module, loaded (native.cold) only for containers that ask for it.
export { probeSystemd } from './facts.ts';
export { planScope } from './plan.ts';
export { roundedResources } from './resource-properties.ts';
export { planScopeChange, startScope, stopScope } from './scope.ts';
