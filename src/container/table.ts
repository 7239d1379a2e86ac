const minimum = 12;
const padding = 3;

/** Lines of cells as Go's tabwriter lays them out for runc: each column as wide as its widest cell, the last one as it is. */
export function layOut(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const cells of lines) {
    cells.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? minimum, [...cell].length + padding);
    });
  }
  return lines
    .map((cells) => `${cells.map((cell, column) => pad(cell, widths[column], column === cells.length - 1)).join('')}\n`)
    .join('');
}

function pad(cell: string, width: number | undefined, last: boolean): string {
  return last ? cell : cell + ' '.repeat((width ?? 0) - [...cell].length);
}
