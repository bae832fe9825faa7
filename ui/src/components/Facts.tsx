import { Table } from "@mantine/core";
import type { ReactNode } from "react";

/** A word, and what stands for it; nothing is shown of what is null or empty. */
export type Fact = [word: string, shown: ReactNode];

/** What is known of one thing, a fact a line. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <Table verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} layout="fixed" className="facts" aria-label="Details">
      <Table.Tbody>
        {facts
          .filter(([, shown]) => shown !== null && shown !== "")
          .map(([word, shown], at) => (
            <Table.Tr key={at}>
              <Table.Th scope="row" w={140} className="top">
                {word}
              </Table.Th>
              <Table.Td>{shown}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}
