/** dev_t of the kernel's new_encode_dev, as stat(2) has it */
export function deviceNumber(major: number, minor: number): bigint {
  return (BigInt(minor) & 0xffn) | (BigInt(major) << 8n) | ((BigInt(minor) & ~0xffn) << 12n);
}
