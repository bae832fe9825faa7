import { SegmentedControl, Select, Text } from "@mantine/core";
import { useId, useMemo } from "react";
import type { ImportWish } from "../api/imports";
import { usePostParameter } from "../api/openapi";

type Words<Name extends "encoding" | "duplicates" | "duplicates_by" | "usable"> = NonNullable<ImportWish[Name]>;

/** What is to be done with the rows. */
export interface Options {
  default_country: ImportWish["default_country"] | null;
  encoding: Words<"encoding">;
  duplicates: Words<"duplicates">;
  duplicates_by: Words<"duplicates_by">;
  usable: Words<"usable">;
}

export const BEGINNING: Options = { default_country: null, encoding: "auto", duplicates: "skip", duplicates_by: "any", usable: "growing" };

export const wishOf = ({ default_country, ...others }: Options): ImportWish => ({ ...others, default_country: default_country ?? undefined });

interface Choice<Word extends string> {
  value: Word;
  label: string;
  about: string;
}

const DUPLICATES: Choice<Options["duplicates"]>[] = [
  { value: "skip", label: "Skip", about: "The lead in the list stays as it is." },
  { value: "update", label: "Update", about: "The lead in the list gets the values of the row; its tries stay." },
  { value: "take", label: "Take too", about: "The list has it twice then." },
];
const BY: { value: Options["duplicates_by"]; label: string }[] = [
  { value: "any", label: "Its key, or else a number" },
  { value: "ukey", label: "Its key only" },
  { value: "number", label: "Its numbers only" },
];
const USABLE: Choice<Options["usable"]>[] = [
  { value: "growing", label: "As they come in", about: "Campaigns that use the list may call its new leads at once." },
  { value: "complete", label: "When all are in", about: "Campaigns call nobody of the list until this import is over." },
];
const ENCODINGS = { "utf-8": "UTF-8", "windows-1252": "Windows-1252 (Western Europe)" } as const;

/** The countries that the daemon knows the numbers of. */
function useCountries() {
  const { data: schema } = usePostParameter("/api/v1/dial-lists/{id}/imports", "default_country");
  return useMemo(() => {
    const names = new Intl.DisplayNames(["en"], { type: "region" });
    const codes = (schema?.enum ?? []).filter((code): code is string => code !== null);
    return codes.map((value) => ({ value, label: `${names.of(value) ?? value} (${value})` })).sort((a, b) => a.label.localeCompare(b.label));
  }, [schema]);
}

interface Props {
  options: Options;
  /** The encoding that the file seems to have. */
  found: string;
  onChange: (options: Options) => void;
}

export function ImportOptions({ options, found, onChange }: Props) {
  const countries = useCountries();
  const set = (change: Partial<Options>) => onChange({ ...options, ...change });
  const seems = ENCODINGS[found as keyof typeof ENCODINGS] ?? found;
  return (
    <div className="fields">
      <Select
        label="Country of numbers without a country code"
        description="All numbers become international ones (+49…), and those that cannot be dialed are refused. Without a country they stay as they are written."
        placeholder="As they are written"
        data={countries}
        value={options.default_country ?? null}
        onChange={(country) => set({ default_country: country as Options["default_country"] | null })}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "No country" }}
        nothingFoundMessage="No country has that name"
      />
      <Select
        label="Encoding of the text"
        description="Where letters such as ü and é look wrong in the preview, it is another one."
        data={[{ value: "auto", label: `As it seems: ${seems}` }, ...Object.entries(ENCODINGS).map(([value, label]) => ({ value, label }))]}
        value={options.encoding}
        onChange={(encoding) => set({ encoding: (encoding ?? "auto") as Options["encoding"] })}
        allowDeselect={false}
      />
      <Segments label="Rows whose lead the list has already" choices={DUPLICATES} value={options.duplicates} onChange={(duplicates) => set({ duplicates })} />
      <Select
        label="A lead is known by"
        description="Decides which rows are of a lead that the list, or an earlier row, has already."
        data={BY}
        value={options.duplicates_by}
        onChange={(by) => set({ duplicates_by: (by ?? "any") as Options["duplicates_by"] })}
        allowDeselect={false}
        disabled={options.duplicates === "take"}
      />
      <Segments label="Campaigns may call the leads" choices={USABLE} value={options.usable} onChange={(usable) => set({ usable })} />
    </div>
  );
}

interface SegmentsProps<Word extends string> {
  label: string;
  choices: Choice<Word>[];
  value: Word;
  onChange: (value: Word) => void;
}

/** A choice of few, with what the chosen one means. */
function Segments<Word extends string>({ label, choices, value, onChange }: SegmentsProps<Word>) {
  const id = useId();
  return (
    <div>
      <Text size="sm" fw={500} id={id}>
        {label}
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        {choices.find((choice) => choice.value === value)?.about}
      </Text>
      <SegmentedControl aria-labelledby={id} value={value} onChange={(next) => onChange(next as Word)} data={choices.map(({ value, label }) => ({ value, label }))} />
    </div>
  );
}
