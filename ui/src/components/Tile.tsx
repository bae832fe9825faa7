import { Box, Card, Group, Skeleton, Text, Tooltip } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  label: string;
  /** Undefined or null while it is not known. */
  value: ReactNode | undefined;
  /** Under the value. */
  note?: ReactNode;
  /** What exactly is counted. */
  about?: string;
  /** Behind the value, small. */
  unit?: string;
  trend?: number[];
  color?: string;
  children?: ReactNode;
}

/** One number, with where it comes from. */
export function Tile({ label, value, note, about, unit, trend, color = "var(--mantine-primary-color-filled)", children }: Props) {
  return (
    <Card padding="md" role="group" aria-label={label} className="tile">
      <Group gap={4} wrap="nowrap" justify="space-between">
        <Text size="sm" c="dimmed" fw={500} truncate>
          {label}
        </Text>
        {about && (
          <Tooltip label={about} multiline maw={260}>
            <Box component="span" c="dimmed" tabIndex={0} role="note" aria-label={about} lh={0}>
              <IconInfoCircle size={15} stroke={1.6} />
            </Box>
          </Tooltip>
        )}
      </Group>
      {value === undefined || value === null ? (
        <Skeleton h={30} w={90} mt={8} mb={4} />
      ) : (
        <Group gap="0 6px" align="baseline" mt={2}>
          <Text fz={28} fw={680} lh={1.3} lts={-0.5} className="numbers whole">
            {value}
          </Text>
          {unit && (
            <Text size="sm" c="dimmed" className="whole">
              {unit}
            </Text>
          )}
        </Group>
      )}
      {note !== undefined && note !== null && (
        <Text size="xs" c="dimmed" className="numbers" component="div">
          {note}
        </Text>
      )}
      {children}
      {trend && <Spark values={trend} color={color} />}
    </Card>
  );
}

/** The way a number went, without axes. */
export function Spark({ values, color, height = 34 }: { values: number[]; color: string; height?: number }) {
  const most = Math.max(1, ...values);
  const last = Math.max(1, values.length - 1);
  const moves = values.some((value) => value !== 0);
  const edge = values
    .map((value, index) => `${((100 * index) / last).toFixed(2)},${(height - 2 - ((height - 4) * value) / most).toFixed(2)}`)
    .join("L");
  return (
    <svg viewBox={`0 0 100 ${height}`} height={height} preserveAspectRatio="none" aria-hidden className="spark">
      {moves && <path d={`M0,${height}L${edge}L100,${height}Z`} fill={color} opacity={0.13} />}
      <path d={`M${edge}`} fill="none" stroke={moves ? color : "var(--line)"} strokeWidth={1.6} vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
