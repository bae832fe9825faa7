import { Select, Table, Text } from "@mantine/core";
import { FIELDS, titleOf, variablesOf, type Column, type FileColumn } from "./columns";

const OUT = "leave out";

/** Which column is what: proposed by its header, changed by the user. */
export function ColumnTable({ file, columns, onChange }: { file: FileColumn[]; columns: Column[]; onChange: (columns: Column[]) => void }) {
  const variables = variablesOf(file);
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
          {file.map((of, at) => {
            const column = columns[at] ?? null;
            const own = column?.startsWith("variable:") ? column : (variables[at] ?? "");
            return (
              <Table.Tr key={at}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {titleOf(of, at)}
                  </Text>
                  <Text size="xs" c="dimmed" className="cut" title={of.samples.join(", ")}>
                    {of.samples.join(", ") || "empty in the first rows"}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Select
                    size="xs"
                    aria-label={`${titleOf(of, at)} is taken as`}
                    allowDeselect={false}
                    data={[{ value: OUT, label: "Left out" }, ...FIELDS, { value: own, label: `Channel variable ${own.slice(9)}` }]}
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
