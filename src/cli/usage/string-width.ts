/** The columns of a text on a terminal. The help is ASCII, so the package of that name (which needs Intl) is not. */
export default function stringWidth(text: string): number {
  return text.length;
}
