// Tests of sheer number do with fewer where processors are emulated: the guests of test/vm.
export const emulated = process.env.NOCI_EMULATED === '1';

/** They do with fewer, but for the runs of test/vm that take their time. */
export const fewer = emulated && process.env.NOCI_THOROUGH !== '1';
