import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useId, useMemo, useState, type KeyboardEvent, type PointerEvent } from "react";
import { count, time } from "./format";

export interface Line {
  name: string;
  /** A CSS colour. */
  color: string;
  values: (number | null)[];
}

interface Props {
  /** What it shows, for who does not see it. */
  label: string;
  /** Milliseconds since 1970, one for each value. */
  at: number[];
  lines: Line[];
  /** Areas are put one on the other; lines and bars stand for themselves. */
  kind?: "area" | "line" | "bars";
  stacked?: boolean;
  height?: number;
}

const PAD = { top: 10, right: 8, bottom: 22, left: 34 };

/** Numbers over time: live, with a value under the pointer or by the arrow keys. */
export function Chart({ label, at, lines, kind = "area", stacked = false, height = 190 }: Props) {
  const { ref, width } = useElementSize();
  const [chosen, setChosen] = useState<number | null>(null);
  const id = useId();
  const tops = useMemo(() => (stacked ? stack(lines) : lines.map((line) => line.values)), [lines, stacked]);
  const ceiling = niceCeiling(Math.max(1, ...tops.flat().map((value) => value ?? 0)));
  const inner = { width: Math.max(0, width - PAD.left - PAD.right), height: height - PAD.top - PAD.bottom };
  const steps = Math.max(1, at.length - 1);
  const x = (index: number) => PAD.left + (inner.width * index) / steps;
  const y = (value: number) => PAD.top + inner.height * (1 - value / ceiling);
  const shown = chosen === null ? null : Math.min(chosen, at.length - 1);

  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.round(((event.clientX - box.left - PAD.left) / Math.max(1, inner.width)) * steps);
    setChosen(Math.max(0, Math.min(steps, index)));
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") setChosen(null);
    if (by === undefined) return;
    event.preventDefault();
    setChosen((old) => Math.max(0, Math.min(steps, (old ?? steps) + by)));
  };
  const ticks = timeTicks(at, width < 480 ? 4 : 6);
  return (
    <Box>
      <Legend lines={lines} index={shown ?? at.length - 1} moment={shown === null ? null : (at[shown] ?? null)} />
      <Box ref={ref} h={height}>
        {width > 0 && (
          <svg
            width={width}
            height={height}
            role="img"
            aria-labelledby={id}
            tabIndex={0}
            className="chart"
            onPointerMove={point}
            onPointerLeave={() => setChosen(null)}
            onKeyDown={step}
            onBlur={() => setChosen(null)}
          >
            <title
              id={id}
            >{`${label}. ${lines.map((line) => `${line.name} ${count(line.values[at.length - 1] ?? 0)}`).join(", ")} now.`}</title>
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line x1={PAD.left} x2={width - PAD.right} y1={y(ceiling * part)} y2={y(ceiling * part)} className="grid" />
                <text x={PAD.left - 8} y={y(ceiling * part) + 4} textAnchor="end" className="tick">
                  {count(ceiling * part)}
                </text>
              </g>
            ))}
            {ticks.map(({ index, text }) => (
              <text key={index} x={x(index)} y={height - 5} textAnchor={index > at.length - 8 ? "end" : "middle"} className="tick">
                {text}
              </text>
            ))}
            {kind === "bars" ? (
              <Bars lines={lines} tops={tops} x={x} y={y} stacked={stacked} step={inner.width / steps} />
            ) : (
              lines
                .map((line, order) => (
                  <Shape
                    key={line.name}
                    line={line}
                    top={tops[order] ?? []}
                    base={stacked ? tops[order - 1] : undefined}
                    x={x}
                    y={y}
                    filled={kind === "area"}
                  />
                ))
                .reverse()
            )}
            {shown !== null && (
              <g pointerEvents="none">
                <line x1={x(shown)} x2={x(shown)} y1={PAD.top} y2={height - PAD.bottom} className="cross" />
                {kind !== "bars" &&
                  lines.map((line, order) => {
                    const value = tops[order]?.[shown];
                    return value === null || value === undefined ? null : (
                      <circle key={line.name} cx={x(shown)} cy={y(value)} r={3.5} fill={line.color} className="ring" />
                    );
                  })}
              </g>
            )}
          </svg>
        )}
      </Box>
      <VisuallyHidden aria-live="polite">
        {shown !== null && `${time(at[shown])}: ${lines.map((line) => `${line.name} ${count(line.values[shown] ?? 0)}`).join(", ")}`}
      </VisuallyHidden>
    </Box>
  );
}

function Legend({ lines, index, moment }: { lines: Line[]; index: number; moment: number | null }) {
  return (
    <Group gap="md" mb={6} wrap="wrap" aria-hidden>
      {lines.map((line) => (
        <Group key={line.name} gap={6} wrap="nowrap">
          <Box w={10} h={10} bdrs={3} bg={line.color} />
          <Text size="xs" c="dimmed">
            {line.name}
          </Text>
          <Text size="xs" fw={650} className="numbers">
            {line.values[index] === null || line.values[index] === undefined ? "–" : count(line.values[index])}
          </Text>
        </Group>
      ))}
      <Text size="xs" c="dimmed" ml="auto" className="numbers">
        {moment === null ? "now" : time(moment)}
      </Text>
    </Group>
  );
}

interface ShapeProps {
  line: Line;
  top: (number | null)[];
  base?: (number | null)[];
  x: (index: number) => number;
  y: (value: number) => number;
  filled: boolean;
}

/** A line with what is under it; where a value is missing, the line is too. */
function Shape({ line, top, base, x, y, filled }: ShapeProps) {
  const runs: number[][] = [];
  top.forEach((value, index) => {
    if (value === null) return;
    const run = runs.at(-1);
    if (run && run.at(-1) === index - 1) run.push(index);
    else runs.push([index]);
  });
  return runs.map((run) => {
    const edge = run.map((index) => `${x(index).toFixed(1)},${y(top[index] ?? 0).toFixed(1)}`);
    const under = [...run].reverse().map((index) => `${x(index).toFixed(1)},${y(base?.[index] ?? 0).toFixed(1)}`);
    return (
      <g key={run[0]}>
        {filled && <path d={`M${edge.join("L")}L${under.join("L")}Z`} fill={line.color} opacity={base === undefined ? 0.16 : 0.28} />}
        <path d={`M${edge.join("L")}`} fill="none" stroke={line.color} strokeWidth={1.8} strokeLinejoin="round" strokeLinecap="round" />
      </g>
    );
  });
}

function Bars({
  lines,
  tops,
  x,
  y,
  stacked,
  step,
}: {
  lines: Line[];
  tops: (number | null)[][];
  x: (index: number) => number;
  y: (value: number) => number;
  stacked: boolean;
  step: number;
}) {
  const width = Math.max(1, step * 0.7);
  return lines.map((line, order) =>
    line.values.map((value, index) => {
      if (!value) return null;
      const base = stacked ? (tops[order - 1]?.[index] ?? 0) : 0;
      const [high, low] = [y(tops[order]?.[index] ?? 0), y(base)];
      return (
        <rect
          key={`${line.name}${index}`}
          x={x(index) - width / 2}
          y={high}
          width={width}
          height={Math.max(0, low - high)}
          rx={Math.min(2, width / 3)}
          fill={line.color}
        />
      );
    }),
  );
}

function stack(lines: Line[]): (number | null)[][] {
  const sums: number[] = [];
  return lines.map((line) =>
    line.values.map((value, index) => {
      if (value === null) return null;
      sums[index] = (sums[index] ?? 0) + value;
      return sums[index];
    }),
  );
}

/** The next of 2, 4, 10, 20, 40, 100 ...: half of it is a whole number too. */
function niceCeiling(value: number): number {
  for (let power = 1; ; power *= 10) {
    for (const digit of [2, 4, 6, 8, 10]) if (digit * power >= value) return digit * power;
  }
}

function timeTicks(at: number[], most: number): { index: number; text: string }[] {
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined || last <= first) return [];
  const minutes = [1, 2, 3, 5, 10, 15, 30, 60].find((step) => (last - first) / (step * 60_000) <= most) ?? 120;
  return at.flatMap((moment, index) => {
    const text = new Date(moment).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const before = at[index - 1];
    const crossed = before !== undefined && Math.floor(before / (minutes * 60_000)) !== Math.floor(moment / (minutes * 60_000));
    return crossed && index > 2 ? [{ index, text }] : [];
  });
}
