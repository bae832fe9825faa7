import type { Schema } from "../api/openapi";
import type { Row } from "../api/rows";

/** What a form holds, by path (`schedule.enabled`). Null and "missing" are the same: nothing is set. */
export type Values = Record<string, unknown>;

/** One field of a form. */
export interface Field {
  path: string;
  label: string;
  schema: Schema;
}

/** Where the field's own name says too little, or too much. */
const LABELS: Record<string, string> = {
  amd_mode: "Answer machine detection",
  answer_handle: "Answers that pass",
  abandon_cap: "Abandon cap",
  abandon_count: "Share of",
  abandon_from: "Seconds count from",
  abandon_seconds: "Longest wait for an agent",
  abandon_window: "Windows",
  caller_id: "Caller ID",
  detail: "Note",
  dial_list: "Dial list",
  list_end: "At the end of the list",
  max_channels: "Most calls at once",
  max_cps: "Most calls per second",
  max_tries: "Tries for each number",
  next_campaign: "Next campaign",
  preview_seconds: "An offer stands for",
  preview_first: "Called first",
  queue_name: "Queue",
  retry_delay_ms: "Retry delay",
  tech_name: "Channel technology",
  trunk_name: "Trunk",
  uui_field: "SIP header for udata",
  "schedule.enabled": "Start and stop by this schedule",
  "schedule.day_list": "Days",
  "schedule.time_start": "From",
  "schedule.time_end": "Until",
  "schedule.date_start": "First day",
  "schedule.date_end": "Last day",
  "schedule.date_list": "Only on these dates",
  "schedule.date_list_except": "Never on these dates",
};

/** dial_timeout_ms: Dial timeout */
export function labelOf(path: string): string {
  const words = (path.split(".").pop() ?? path).replace(/_(ms|seconds|name)$/, "").replaceAll("_", " ");
  return LABELS[path] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** All fields of a schema; those of an object with fields of its own by their path. */
export function fieldsOf(schema: Schema, above = ""): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, own]) => {
    const path = above + name;
    return own.properties ? fieldsOf(own, `${path}.`) : [{ path, label: labelOf(path), schema: own }];
  });
}

export const isType = (schema: Schema, type: string) => (Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type);

/** A row as a form holds it. */
export function valuesOf(row: Row | undefined, fields: Field[]): Values {
  return Object.fromEntries(fields.map(({ path }) => [path, path.split(".").reduce<unknown>((at, part) => (at as Values | null)?.[part], row) ?? null]));
}

export const isSame = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** The fields whose values differ. */
export function differing(fields: Field[], before: Values, after: Values): Field[] {
  return fields.filter(({ path }) => !isSame(before[path], after[path]));
}

/** The body that sets these fields. */
export function bodyOf(fields: Field[], values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const { path } of fields) {
    const [first = path, second] = path.split(".");
    if (second === undefined) body[first] = values[path] ?? null;
    else body[first] = { ...(body[first] as object | undefined), [second]: values[path] ?? null };
  }
  return body;
}

/** What is wrong with a value as far as the schema's ranges say; the daemon checks everything. */
export function wrong(field: Field, value: unknown): string | undefined {
  const { minimum, maximum, maxLength } = field.schema;
  if (typeof value === "number" && ((minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum))) {
    return `Expected: ${range(field)}.`;
  }
  if (typeof value === "string" && maxLength !== undefined && value.length > maxLength) return `Expected: at most ${maxLength} characters.`;
  return undefined;
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** 50 s, 10 min, 30 d */
export function span(ms: number): string {
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]] as const) {
    if (ms >= size && ms % size === 0) return `${whole.format(ms / size)} ${unit}`;
  }
  return `${whole.format(ms / 1000)} s`;
}

/** The unit of a field, as its name says. */
export function unitOf(path: string): string {
  if (path.endsWith("_seconds")) return " s";
  if (path === "abandon_cap") return " %";
  return "";
}

/** 1 s to 10 min */
export function range(field: Field): string {
  const { minimum, maximum } = field.schema;
  if (minimum === undefined && maximum === undefined) return "";
  const show = (value: number) => (field.path.endsWith("_ms") ? span(value) : `${whole.format(value)}${unitOf(field.path)}`);
  if (minimum === undefined) return `at most ${show(maximum ?? 0)}`;
  return maximum === undefined ? `at least ${show(minimum)}` : `${show(minimum)} to ${show(maximum)}`;
}
