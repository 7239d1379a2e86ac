function escaped(member: string): string {
  const special = member.includes('/') || member.includes('~');
  return special ? member.replaceAll('~', '~0').replaceAll('/', '~1') : member;
}

/** RFC 6901: ~ and / inside a member's name are escaped. `pointer('mounts', 3)` is "/mounts/3". */
export function pointer(...members: readonly (string | number)[]): string {
  let text = '';
  for (const member of members) text += `/${typeof member === 'number' ? member : escaped(member)}`;
  return text;
}
