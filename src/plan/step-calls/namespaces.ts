import { flagNames, NAMESPACE_FLAGS } from '../flag-names.ts';
import { type CallsOfSteps, call, pathOf, text, write } from './call.ts';
import { fsmount, fsopen } from './mount-api.ts';
import { becomeRoot, finishChange } from './privileges.ts';

/** Steps about namespaces and what belongs to one. */
export const namespaceSteps = {
  become_root: () => becomeRoot,
  setns: ({ namespace, type }) => [
    call('setns', ['fd', `<${pathOf(namespace)}>`], ['nstype', flagNames(NAMESPACE_FLAGS, type)]),
    ...((type & 0x10000000) === 0 ? [] : [...becomeRoot, ...finishChange]),
  ],
  unshare: ({ flags }) => [call('unshare', ['flags', flagNames(NAMESPACE_FLAGS, flags)])],
  time_namespace: ({ offsets }) => [
    call('unshare', ['flags', 'CLONE_NEWTIME']),
    ...(offsets === '' ? [] : [write('/proc/self/timens_offsets', offsets)]),
    call('setns', ['fd', '</proc/self/ns/time_for_children>'], ['nstype', 'CLONE_NEWTIME']),
  ],
  loopback_up: () => [
    call('socket', ['domain', 'AF_UNIX'], ['type', 'SOCK_DGRAM']),
    call('ioctl', ['op', 'SIOCGIFFLAGS'], ['ifr_name', '"lo"']),
    call('ioctl', ['op', 'SIOCSIFFLAGS'], ['ifr_name', '"lo"']),
  ],
  netlink_socket: () => [call('socket', ['domain', 'AF_NETLINK'], ['type', 'SOCK_RAW'])],
  sethostname: ({ name }) => [call('sethostname', ['name', text(name)])],
  setdomainname: ({ name }) => [call('setdomainname', ['name', text(name)])],
  sysctl: ({ key, value }, before) => {
    const own = before.sysctls ? [] : [fsopen('proc'), ...fsmount(0xe)];
    before.sysctls = true;
    return [...own, write(`/proc/sys/${key}`, value)];
  },
} satisfies CallsOfSteps;
