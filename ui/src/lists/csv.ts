/** A row of a file, with the line on which it begins. */
export interface Row {
  line: number;
  cells: string[];
}

export interface Table {
  separator: string;
  header: string[];
  rows: Row[];
}

/** What separates fields: of comma, semicolon and tab that which the first line has most of. */
function separatorOf(text: string): string {
  const first = text.slice(0, Math.max(0, text.search(/\r?\n|$/)));
  const counts = [",", ";", "\t"].map((mark) => ({ mark, count: first.split(mark).length }));
  return counts.sort((a, b) => b.count - a.count)[0]?.mark ?? ",";
}

/** Reads CSV as the daemon does: quotes around fields, doubled within; LF or CR LF; empty rows are passed over. */
export function parse(text: string): Table {
  const source = text.replace(/^\uFEFF/, "");
  const separator = separatorOf(source);
  const rows: Row[] = [];
  let [line, from, cells, cell, quoted]: [number, number, string[], string, boolean] = [1, 1, [], "", false];
  const endRow = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim() !== "")) rows.push({ line: from, cells });
    [cells, cell] = [[], ""];
  };
  for (let at = 0; at < source.length; at++) {
    const letter = source[at];
    if (letter === "\n") line++;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source[at + 1] === '"') cell += source[at++];
      else quoted = false;
    } else if (letter === '"' && cell.trim() === "") {
      [quoted, cell] = [true, ""];
    } else if (letter === separator) {
      cells.push(cell);
      cell = "";
    } else if (letter === "\n") {
      endRow();
      from = line;
    } else if (letter !== "\r") {
      cell += letter;
    }
  }
  if (cell !== "" || cells.length > 0) endRow();
  const [header, ...others] = rows;
  return { separator, header: (header?.cells ?? []).map((one) => one.trim()), rows: others };
}

/** A field as it stands in a file. */
function written(cell: string): string {
  return /[",\n\r;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export const write = (rows: string[][]): string => rows.map((cells) => cells.map(written).join(",")).join("\r\n") + "\r\n";
