import { release } from 'node:os';

const [major = 0, minor = 0] = release().split('.').map(Number);

/** Before Linux 6.15 an exit status is for the parent alone, and for who looks before that has collected it. */
export const statusIsForParent = major < 6 || (major === 6 && minor < 15);
