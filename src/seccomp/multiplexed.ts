/**
 * Calls that older architectures make by another one, whose first argument says which is meant: socketcall(2) by linux/net.h, ipc(2) by
 * linux/ipc.h. A rule for the call is a rule for both ways, as in libseccomp: what is said of its first argument is not looked at
 * behind the other call, where the arguments are in memory.
 */
export const MULTIPLEXED: Readonly<
  Record<string, { readonly through: 'socketcall' | 'ipc'; readonly number: number }>
> = Object.fromEntries([
  ...[
    'socket',
    'bind',
    'connect',
    'listen',
    'accept',
    'getsockname',
    'getpeername',
    'socketpair',
    'send',
    'recv',
    'sendto',
    'recvfrom',
    'shutdown',
    'setsockopt',
    'getsockopt',
    'sendmsg',
    'recvmsg',
    'accept4',
    'recvmmsg',
    'sendmmsg',
  ].map((name, index) => [name, { through: 'socketcall', number: index + 1 }]),
  ...Object.entries({
    semop: 1,
    semget: 2,
    semctl: 3,
    semtimedop: 4,
    msgsnd: 11,
    msgrcv: 12,
    msgget: 13,
    msgctl: 14,
    shmat: 21,
    shmdt: 22,
    shmget: 23,
    shmctl: 24,
  }).map(([name, number]) => [name, { through: 'ipc', number }]),
]);
