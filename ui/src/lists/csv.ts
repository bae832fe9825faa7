/** A field as it stands in a file. */
function written(cell: string): string {
  return /[",\n\r;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export const write = (rows: string[][]): string => rows.map((cells) => cells.map(written).join(",")).join("\r\n") + "\r\n";
