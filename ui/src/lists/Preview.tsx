import { Table, Text } from "@mantine/core";
import { Fragment, useMemo } from "react";
import { count } from "../components/format";
import { FIELDS, leadOf, type Column, type Lead } from "./columns";
import type { Table as File } from "./csv";
import type { Normalise } from "./numbers";

/** Rows that are shown: the first ones, and the first ones that are wrong. */
const FIRST = 5;

const labelOf = (column: string) => FIELDS.find(({ value }) => value === column)?.label ?? column.replace("variable:", "");

/** A number as it will be dialed; other fields stand as the file has them. */
function shownAs(lead: Lead | undefined, column: string): string | null | undefined {
  return column.startsWith("number") ? lead?.numbers[Number(column.slice(6)) - 1] : undefined;
}

/** The first rows as leads, and those that would be refused, with the reason. */
export function Preview({ file, columns, normalise }: { file: File; columns: Column[]; normalise: Normalise }) {
  const looked = useMemo(() => file.rows.map((row) => ({ row, ...leadOf(row, columns, normalise) })), [file, columns, normalise]);
  const wrong = looked.filter((one) => one.wrong);
  const shown = [...looked.slice(0, FIRST), ...wrong.filter((one) => !looked.slice(0, FIRST).includes(one)).slice(0, FIRST)];
  const used = columns.flatMap((column, at) => (column === null ? [] : [{ column, at }]));
  return (
    <div>
      <Text size="sm" mb="xs" role="status">
        {count(file.rows.length)} {file.rows.length === 1 ? "row" : "rows"}
        {wrong.length > 0 ? `, ${count(wrong.length)} of them cannot be taken; the others can.` : ", all of them can be taken as far as can be seen here."}
      </Text>
      <Table.ScrollContainer minWidth={420} type="native">
        <Table verticalSpacing={6} horizontalSpacing="xs" aria-label="First rows">
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right">Line</Table.Th>
              {used.map(({ column, at }) => (
                <Table.Th key={at}>{labelOf(column)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ row, lead, wrong: bad }) => (
              <Fragment key={row.line}>
                <Table.Tr className={bad ? "halved" : undefined}>
                  <Table.Td ta="right" c="dimmed">
                    {row.line}
                  </Table.Td>
                  {used.map(({ column, at }) => (
                    <Table.Td key={at} c={bad?.field === column ? "red" : undefined} className="oneline">
                      {shownAs(lead, column) ?? row.cells[at]}
                    </Table.Td>
                  ))}
                </Table.Tr>
                {bad && (
                  <Table.Tr>
                    <Table.Td />
                    <Table.Td colSpan={used.length} pt={0}>
                      <Text size="xs" c="red">
                        Line {row.line}, {labelOf(bad.field)}: {bad.expected} is expected
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
