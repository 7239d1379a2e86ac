function escaped(member: string): string {
  const special = member.includes('/') || member.includes('~');
  return special ? member.replaceAll('~', '~0').replaceAll('/', '~1') : member;
}

/**
 * RFC 6901: ~ and / inside a member's name are escaped. `pointer('mounts', 3)` is "/mounts/3".
 * A plan has a hundred of them: an index and no iterator, which costs an interpreter more than the rest.
 */
export function pointer(...members: readonly (string | number)[]): string {
  let text = '';
  for (let index = 0; index < members.length; index++) {
    const member = members[index];
    text += typeof member === 'string' ? `/${escaped(member)}` : `/${member}`;
  }
  return text;
}
