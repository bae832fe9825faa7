import { Select, Text } from "@mantine/core";
import { FIELDS, titleOf, variablesOf, type Column, type FileColumn } from "./columns";

const OUT = "leave out";

/** Which column is what: proposed by its header, changed by the user. On a phone each choice is under its column, so that it is read in full. */
export function ColumnTable({ file, columns, onChange }: { file: FileColumn[]; columns: Column[]; onChange: (columns: Column[]) => void }) {
  const variables = variablesOf(file);
  return (
    <ul className="bare mapping" aria-label="Columns">
      {file.map((of, at) => {
        const column = columns[at] ?? null;
        const own = column?.startsWith("variable:") ? column : (variables[at] ?? "");
        const samples = of.samples.join(", ");
        return (
          <li key={at}>
            <div>
              <Text size="sm" fw={600}>
                {titleOf(of, at)}
              </Text>
              <Text size="xs" c="dimmed" truncate title={samples}>
                {samples || "empty in the first rows"}
              </Text>
            </div>
            <Select
              size="sm"
              aria-label={`${titleOf(of, at)} is taken as`}
              allowDeselect={false}
              data={[{ value: OUT, label: "Left out" }, ...FIELDS, { value: own, label: `Channel variable ${own.slice(9)}` }]}
              value={column ?? OUT}
              onChange={(next) => onChange(columns.map((old, other) => (other === at ? (next === OUT ? null : next) : old)))}
            />
          </li>
        );
      })}
    </ul>
  );
}
