import type { Fd, Native, Termios } from '../native/contract.ts';

/** Flags of linux/termbits.h, the same on x86 and ARM. termios(3) */
const IGNBRK = 0o1;
const BRKINT = 0o2;
const PARMRK = 0o10;
const ISTRIP = 0o40;
const INLCR = 0o100;
const IGNCR = 0o200;
const ICRNL = 0o400;
const IXON = 0o2000;
const ONLCR = 0o4;
const ISIG = 0o1;
const ICANON = 0o2;
const ECHO = 0o10;
const ECHONL = 0o100;
const IEXTEN = 0o100000;
const CSIZE = 0o60;
const CS8 = 0o60;
const PARENB = 0o400;
const VTIME = 5;
const VMIN = 6;

/**
 * cfmakeraw(3), but for output: that is processed as it was, because the container's terminal does not make "\r\n" of a
 * newline ({@link keepNewlines}). So a terminal shows what it should, and a file gets the bytes that were written.
 */
export function raw({ iflag, oflag, cflag, lflag, controls }: Termios): Termios {
  const bytes = Uint8Array.from(controls);
  bytes[VMIN] = 1;
  bytes[VTIME] = 0;
  return {
    iflag: iflag & ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON),
    oflag,
    cflag: (cflag & ~(CSIZE | PARENB)) | CS8,
    lflag: lflag & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN),
    controls: bytes,
  };
}

/** The terminal with this master passes newlines on as they are. */
export function keepNewlines(native: Native, master: Fd): void {
  const modes = native.tcgetattr(master);
  native.tcsetattr(master, { ...modes, oflag: modes.oflag & ~ONLCR }, false);
}
