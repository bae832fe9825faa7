import { Select, Table, Text } from "@mantine/core";
import { FIELDS, type Column } from "./columns";
import type { Table as File } from "./csv";

const OUT = "leave out";

/** Which column is what: proposed by its header, changed by the user. */
export function ColumnTable({ file, columns, onChange }: { file: File; columns: Column[]; onChange: (columns: Column[]) => void }) {
  const variable = (header: string) => `variable:${header.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(\d)/, "_$1").toUpperCase()}`;
  return (
    <Table.ScrollContainer minWidth={290} type="native">
      <Table verticalSpacing={6} horizontalSpacing="xs" aria-label="Columns">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Column of the file</Table.Th>
            <Table.Th w="45%">is taken as</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {file.header.map((header, at) => {
            const column = columns[at] ?? null;
            const own = column?.startsWith("variable:") ? column : variable(header);
            return (
              <Table.Tr key={at}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {header || `Column ${at + 1}`}
                  </Text>
                  <Text size="xs" c="dimmed" className="cut">
                    {file.rows.find((row) => row.cells[at]?.trim())?.cells[at] ?? "empty in all rows"}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Select
                    size="xs"
                    aria-label={`${header || `Column ${at + 1}`} is taken as`}
                    allowDeselect={false}
                    data={[{ value: OUT, label: "Leave out" }, ...FIELDS, { value: own, label: `Channel variable ${own.slice(9)}` }]}
                    value={column ?? OUT}
                    onChange={(next) => onChange(columns.map((old, other) => (other === at ? (next === OUT ? null : next) : old)))}
                  />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
