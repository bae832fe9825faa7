import { Autocomplete, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { Answers, Days, DialMode, Duration, Tries, Variables } from "./controls";
import { isType, range, span, unitOf, type Field } from "./fields";
import { CHOICES } from "./layouts";
import { Reference, isReference } from "./References";
import { useSuggestions } from "./suggestions";

export interface ControlProps {
  field: Field;
  /** Which form it stands in, as two may be open at once. */
  form: string;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string;
}

/** What is common to all controls: label, meaning, range, what is wrong. */
export interface Common {
  id: string;
  label: string;
  description: ReactNode;
  error?: string;
}

/** The meaning of a field and its range, as the schema has them; in the words of a form instead of those of JSON. */
export function meaning(field: Field): string {
  const limits = isWide(field) ? "" : range(field);
  const about = (field.schema.description ?? "")
    .replace(", in milliseconds", "")
    .replace(/Default (\d+)(?=\.|$)/, (text, number: string) => (field.path.endsWith("_ms") ? `Default ${span(Number(number))}` : text))
    .replace("Null: ", "If not set: ")
    .replace("True: ", "On: ")
    .replace("Default false.", "")
    .replace(/, as a sum of [^.]*\. Default 0: /, ". None chosen: ")
    .replace(/, with commas between them; 0 = Sunday|: hh:mm:ss|: YYYY-MM-DD(?=\.)| desktop: preview\./, "");
  return limits === "" ? about : `${about} ${limits.charAt(0).toUpperCase()}${limits.slice(1)}.`.trim();
}

export const idOf = (form: string, path: string) => `${form}-${path.replaceAll(".", "-")}`;

/** The control for a field: by its name where it has one of its own, otherwise by its schema. */
export function Control({ field, form, value, onChange, error }: ControlProps) {
  const { path, schema } = field;
  const common: Common = { id: idOf(form, path), label: field.label, description: meaning(field), error };
  if (path === "dial_mode") return <DialMode {...common} schema={schema} value={value} onChange={onChange} />;
  if (path === "amd_mode") return <Answers {...common} value={value} onChange={onChange} />;
  if (path === "max_tries") return <Tries {...common} schema={schema} value={value} onChange={onChange} />;
  if (path === "variables") return <Variables {...common} value={value} onChange={onChange} />;
  if (path === "schedule.day_list") return <Days {...common} value={value} onChange={onChange} />;
  if (path.endsWith("_ms")) return <Duration {...common} schema={schema} value={value} onChange={onChange} />;
  if (isReference(path)) return <Reference {...common} path={path} value={value} onChange={onChange} />;
  if (schema.enum) return <Choice {...common} field={field} value={value} onChange={onChange} />;
  if (isType(schema, "boolean")) {
    return <Switch {...common} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
  if (isType(schema, "integer") || isType(schema, "number")) {
    return (
      <NumberInput
        {...common}
        value={typeof value === "number" ? value : ""}
        onChange={(next) => onChange(typeof next === "number" ? next : null)}
        allowDecimal={isType(schema, "number")}
        decimalScale={2}
        allowNegative={(schema.minimum ?? 0) < 0}
        suffix={unitOf(path)}
        placeholder="Not set"
        thousandSeparator=","
      />
    );
  }
  if (isType(schema, "array")) {
    const numbers = isType(schema.items ?? {}, "integer");
    return (
      <TagsInput
        {...common}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(next) => {
          const items = numbers ? next.map(Number).filter((item) => Number.isInteger(item)) : next;
          onChange(items.length === 0 ? null : items);
        }}
        maxTags={schema.maxItems}
        placeholder={numbers ? "A number, then Enter" : "Enter adds it"}
      />
    );
  }
  return <Line {...common} path={path} value={value} onChange={onChange} />;
}

/** One of the schema's values. The one that is "not set" is shown as such, as the meaning says what it comes to. */
function Choice({ field, value, onChange, ...common }: Common & { field: Field; value: unknown; onChange: (value: unknown) => void }) {
  const words = CHOICES[field.path];
  const names = (field.schema.enum ?? []).filter((name): name is string => name !== null);
  return (
    <Select
      {...common}
      data={names.map((name) => ({ value: name, label: words?.[name]?.word ?? name }))}
      value={typeof value === "string" ? value : null}
      onChange={onChange}
      clearable
      searchable={names.length > 12}
      limit={names.length > 60 ? 60 : undefined}
      placeholder="Default"
      nothingFoundMessage="Nothing has that name"
      clearButtonProps={{ "aria-label": `Clear ${common.label}` }}
    />
  );
}

/** Text in one line, with what is known to fit where the daemon knows of it. */
function Line({ path, value, onChange, ...common }: Common & { path: string; value: unknown; onChange: (value: unknown) => void }) {
  const suggestions = useSuggestions(path);
  const text = typeof value === "string" ? value : "";
  const set = (next: string) => onChange(next === "" ? null : next);
  if (suggestions) return <Autocomplete {...common} data={suggestions} value={text} onChange={set} autoComplete="off" />;
  if (path.includes(".time_")) {
    return <TextInput {...common} type="time" step={1} value={text} onChange={(event) => set(seconds(event.currentTarget.value))} />;
  }
  if (/\.date_(start|end)$/.test(path)) return <TextInput {...common} type="date" value={text} onChange={(event) => set(event.currentTarget.value)} />;
  return <TextInput {...common} value={text} onChange={(event) => set(event.currentTarget.value)} autoComplete="off" />;
}

/** Browsers leave out seconds that are zero. */
const seconds = (text: string) => (/^\d\d:\d\d$/.test(text) ? `${text}:00` : text);

/** Whether a field takes the whole width of its section. */
export function isWide({ path }: Field): boolean {
  return ["dial_mode", "max_tries", "variables", "amd_mode", "schedule.day_list", "schedule.enabled", "detail", "data"].includes(path);
}
