function escaped(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * RFC 6901: ~ and / inside a member's name are escaped. `pointer('linux', 'sysctl', key)`. For names that come from config.json;
 * a place whose names are known is a template: `/mounts/${index}`.
 */
export function pointer(...members: readonly (string | number)[]): string {
  return members.map((member) => `/${typeof member === 'string' ? escaped(member) : member}`).join('');
}
