// Tests of sheer number do with fewer where processors are emulated: the guests of test/vm.
export const emulated = process.env.NOCI_EMULATED === '1';
