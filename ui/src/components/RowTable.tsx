import { Card, Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";

export interface Column<T> {
  title: string;
  /** What the cell shows. */
  show: (row: T) => ReactNode;
  /** Numbers are at the right. */
  right?: boolean;
  /** Not on a phone: where the row leads to says it too. */
  aside?: boolean;
}

interface Props<T> {
  /** What the table is of, for screen readers. */
  label: string;
  rows: T[];
  columns: Column<T>[];
  keyOf: (row: T) => string | number;
  /** Where the first column leads to. */
  to?: (row: T) => string;
  /** What happens when a row is chosen, where it leads nowhere. */
  onOpen?: (row: T) => void;
  /** Buttons at the end of a row. */
  actions?: (row: T) => ReactNode;
  minWidth?: number;
}

/** A table in a card. The first column is the row's link, or button, so that a keyboard gets there. */
export function RowTable<T>({ label, rows, columns: all, keyOf, to, onOpen, actions, minWidth = 560 }: Props<T>) {
  const isWide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false });
  const columns = isWide ? all : all.filter(({ aside }) => !aside);
  const align = (right: boolean | undefined) => (right ? "right" : "left");
  const first = (row: T, shown: ReactNode) => {
    if (to) {
      return (
        <Text component={Link} to={to(row)} size="sm" fw={600} className="plain">
          {shown}
        </Text>
      );
    }
    if (onOpen) {
      return (
        <button type="button" className="cellbutton" onClick={() => onOpen(row)}>
          {shown}
        </button>
      );
    }
    return shown;
  };
  return (
    <Card padding={0}>
      <Table.ScrollContainer minWidth={isWide ? minWidth : 0} type="native">
        <Table horizontalSpacing={isWide ? "md" : "sm"} highlightOnHover={Boolean(onOpen)} aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ title, right }) => (
                <Table.Th key={title} ta={align(right)}>
                  {title}
                </Table.Th>
              ))}
              {actions && (
                <Table.Th>
                  <span className="hidden">Actions</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={keyOf(row)} className={onOpen ? "linked" : undefined} onClick={onOpen ? () => onOpen(row) : undefined}>
                {columns.map(({ title, show, right }, at) => (
                  <Table.Td key={title} ta={align(right)}>
                    {at === 0 ? first(row, show(row)) : show(row)}
                  </Table.Td>
                ))}
                {actions && <Table.Td ta="right">{actions(row)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
