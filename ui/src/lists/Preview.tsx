import { Table, Text } from "@mantine/core";
import { Fragment } from "react";
import type { ImportPreview } from "../api/client";
import { count } from "../components/format";
import { labelOf, titleOf, type Column } from "./columns";

/** Rows that are shown: the first ones, and the first ones that are wrong. */
const FIRST = 5;

type Row = ImportPreview["rows"][number];

const isWrong = (row: Row) => row.expected !== null;

interface Props {
  preview: ImportPreview;
  columns: Column[];
  /** These rows are all of the file. */
  whole: boolean;
  /** Another one is on its way. */
  busy: boolean;
}

/** The first rows as leads, and those that would be refused, with the reason. */
export function Preview({ preview, columns, whole, busy }: Props) {
  const { rows } = preview;
  const first = rows.slice(0, FIRST);
  const shown = [...first, ...rows.filter((row) => isWrong(row) && !first.includes(row)).slice(0, FIRST)];
  const used = columns.flatMap((column, at) => (column === null ? [] : [{ column, at }]));
  return (
    <div aria-busy={busy} style={{ opacity: busy ? 0.6 : 1 }}>
      <Text size="sm" mb="xs" role="status">
        {summary(rows, whole)}
      </Text>
      <Table.ScrollContainer minWidth={280} type="native" className="sized">
        <Table verticalSpacing={6} horizontalSpacing="xs" aria-label="First rows">
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right" w={56}>
                Line
              </Table.Th>
              {used.map(({ column, at }) => (
                <Table.Th key={at}>{labelOf(column)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => (
              <Fragment key={row.line}>
                <Table.Tr className={isWrong(row) ? "halved" : undefined}>
                  <Table.Td ta="right" c="dimmed">
                    {row.line}
                  </Table.Td>
                  {used.map(({ at }) => (
                    <Table.Td key={at} c={isWrong(row) && row.field === preview.columns[at]?.header ? "red" : undefined} className="oneline">
                      {row.values ? row.values[at] : row.cells[at]}
                    </Table.Td>
                  ))}
                </Table.Tr>
                {isWrong(row) && (
                  <Table.Tr>
                    <Table.Td />
                    <Table.Td colSpan={used.length} pt={0}>
                      <Text size="xs" c="red" className="reason">
                        {reason(preview, row)}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                )}
              </Fragment>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}

/** "Line 3, Phone: a telephone number expected" */
function reason({ columns }: ImportPreview, { line, field, expected }: Row): string {
  const at = columns.findIndex(({ header }) => header === field);
  return `Line ${count(line)}${field === null || field === "" ? "" : `, ${at < 0 ? field : titleOf(columns[at], at)}`}: ${expected} expected`;
}

function summary(rows: Row[], whole: boolean): string {
  const wrong = rows.filter(isWrong).length;
  if (rows.length === 0) return "There is no row under the names of the columns.";
  const all = rows.length === 1 ? "1 row" : `${whole ? "" : "First "}${count(rows.length)} rows`;
  if (wrong === 0) return `${all}, ${rows.length === 1 ? "which" : "all of them"} can be taken in.`;
  return `${all}, ${wrong === rows.length ? "none of them can be taken in" : `${count(wrong)} of them cannot be taken in; the others can`}.`;
}
