import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `hostname`; empty means that it is left alone. sethostname(2) */
export const hostname: Planner = ({ config: { hostname: name } }) =>
  name ? [planned({ step: 'sethostname', name }, '/hostname')] : [];

/** `domainname` (NIS). setdomainname(2) */
export const domainname: Planner = ({ config: { domainname: name } }) =>
  name ? [planned({ step: 'setdomainname', name }, '/domainname')] : [];
