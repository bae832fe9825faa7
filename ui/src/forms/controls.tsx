import { ActionIcon, Button, Checkbox, Chip, Group, Input, NumberInput, Radio, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Schema } from "../api/openapi";
import type { Common } from "./Control";
import { CHOICES } from "./layouts";

type Props = Common & { value: unknown; onChange: (value: unknown) => void };

/** How calls are paced: the choice that all others follow, so each with its meaning. */
export function DialMode({ id, value, onChange, schema, ...common }: Props & { schema: Schema }) {
  const words = CHOICES["dial_mode"] ?? {};
  const known = Object.keys(words);
  const names = (schema.enum ?? []).filter((name): name is string => name !== null).sort((a, b) => known.indexOf(a) - known.indexOf(b));
  return (
    <Radio.Group id={id} {...common} value={typeof value === "string" ? value : ""} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="xs" mt="xs">
        {names.map((name) => (
          <Radio.Card key={name} value={name} p="sm" radius="md" className="choice" aria-label={words[name]?.word ?? name}>
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <Radio.Indicator mt={2} />
              <div>
                <Text size="sm" fw={600}>
                  {words[name]?.word ?? name}
                </Text>
                <Text size="xs" c="dimmed">
                  {words[name]?.about}
                </Text>
              </div>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

const ANSWERS = [
  { bit: 1, word: "A person" },
  { bit: 2, word: "A machine" },
  { bit: 4, word: "Not sure" },
];

/** A sum of what may pass machine detection. */
export function Answers({ id, value, onChange, ...common }: Props) {
  const sum = typeof value === "number" ? value : 0;
  return (
    <Checkbox.Group
      id={id}
      {...common}
      value={ANSWERS.filter(({ bit }) => sum & bit).map(({ bit }) => String(bit))}
      onChange={(bits) => onChange(bits.reduce((all, bit) => all + Number(bit), 0))}
    >
      <Group mt="xs" gap="lg">
        {ANSWERS.map(({ bit, word }) => (
          <Checkbox key={bit} value={String(bit)} label={word} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

/** How often each of eight numbers is tried; an empty place has the default. */
export function Tries({ id, value, onChange, schema, ...common }: Props & { schema: Schema }) {
  const items = Array.isArray(value) ? (value as (number | null)[]) : [];
  const set = (place: number, tries: number | null) => {
    const next = Array.from({ length: schema.maxItems ?? 8 }, (_, at) => (at === place ? tries : (items[at] ?? null)));
    onChange(next.every((item) => item === null) ? null : next);
  };
  return (
    <Input.Wrapper id={id} {...common} labelElement="div">
      <Group mt="xs" gap="xs" id={id} tabIndex={-1}>
        {Array.from({ length: schema.maxItems ?? 8 }, (_, place) => (
          <NumberInput
            key={place}
            w={72}
            size="sm"
            aria-label={`Tries for number ${place + 1}`}
            leftSection={<Text size="xs" c="dimmed">{place + 1}</Text>}
            leftSectionWidth={24}
            value={items[place] ?? ""}
            onChange={(next) => set(place, typeof next === "number" ? next : null)}
            allowDecimal={false}
            allowNegative={false}
            hideControls
          />
        ))}
      </Group>
    </Input.Wrapper>
  );
}

const UNITS = [
  { label: "seconds", size: 1_000 },
  { label: "minutes", size: 60_000 },
  { label: "hours", size: 3_600_000 },
  { label: "days", size: 86_400_000 },
];

/** Milliseconds in a unit that people count in. */
export function Duration({ id, value, onChange, schema, ...common }: Props & { schema: Schema }) {
  const ms = typeof value === "number" ? value : null;
  const fitting = [...UNITS].reverse().find(({ size }) => ms !== null && ms > 0 && ms % size === 0);
  const [chosen, choose] = useState<number | null>(null);
  const size = chosen ?? fitting?.size ?? 1_000;
  const units = UNITS.filter((unit) => unit.size <= (schema.maximum ?? Infinity) / 2);
  return (
    <Input.Wrapper id={id} {...common}>
      <Group gap="xs" wrap="nowrap" mt={4}>
        <NumberInput
          id={id}
          flex={1}
          error={Boolean(common.error)}
          value={ms === null ? "" : ms / size}
          onChange={(next) => onChange(typeof next === "number" ? Math.round(next * size) : null)}
          decimalScale={3}
          allowNegative={false}
          placeholder="Default"
        />
        <Select
          w={116}
          aria-label={`Unit of ${common.label}`}
          allowDeselect={false}
          data={units.map((unit) => ({ value: String(unit.size), label: unit.label }))}
          value={String(size)}
          onChange={(next) => {
            if (next === null) return;
            choose(Number(next));
            if (ms !== null) onChange(Math.round((ms / size) * Number(next)));
          }}
        />
      </Group>
    </Input.Wrapper>
  );
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Days of the week as the daemon has them ("1,2,3"), Monday first. */
export function Days({ id, value, onChange, ...common }: Props) {
  const days = typeof value === "string" && value !== "" ? value.split(",") : [];
  const set = (next: string[]) => onChange(next.length === 0 ? null : [...next].sort().join(","));
  return (
    <Input.Wrapper id={id} {...common} labelElement="div">
      <Group mt="xs" gap={6} id={id} tabIndex={-1} role="group" aria-label={common.label}>
        <Chip.Group multiple value={days} onChange={set}>
          {[1, 2, 3, 4, 5, 6, 0].map((day) => (
            <Chip key={day} value={String(day)} size="sm" variant="light">
              {DAYS[day]}
            </Chip>
          ))}
        </Chip.Group>
        <Text size="xs" c="dimmed">
          {days.length === 0 ? "every day" : ""}
        </Text>
      </Group>
    </Input.Wrapper>
  );
}

/** Names and values. Rows are kept here while a name is still empty or twice there. */
export function Variables({ id, value, onChange, ...common }: Props) {
  const [rows, setRows] = useState(() => Object.entries((value ?? {}) as Record<string, string>));
  const set = (next: [string, string][]) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([name]) => name !== "")));
  };
  return (
    <Input.Wrapper id={id} {...common} labelElement="div">
      <Stack gap="xs" mt="xs" id={id} tabIndex={-1} align="flex-start">
        {rows.map(([name, text], at) => (
          <Group key={at} gap="xs" wrap="nowrap" w="100%" maw={560}>
            <TextInput flex={1} placeholder="NAME" aria-label={`Name of variable ${at + 1}`} value={name} onChange={(event) => set(rows.map((row, other) => (other === at ? [event.currentTarget.value, row[1]] : row)))} />
            <TextInput flex={1} placeholder="value" aria-label={`Value of variable ${at + 1}`} value={text} onChange={(event) => set(rows.map((row, other) => (other === at ? [row[0], event.currentTarget.value] : row)))} />
            <ActionIcon variant="subtle" color="gray" aria-label={`Remove variable ${name || at + 1}`} onClick={() => set(rows.filter((_, other) => other !== at))}>
              <IconTrash size={17} />
            </ActionIcon>
          </Group>
        ))}
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => setRows([...rows, ["", ""]])}>
          Add a variable
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}
