import { Alert, Box, Button, Card, Collapse, Group, Text, Title, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertCircle, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useEffect, useMemo, type FormEvent, type ReactNode } from "react";
import { useSchema } from "../api/openapi";
import type { Held, Kind, Row } from "../api/rows";
import { useMay } from "../api/session";
import { Failed } from "../components/Empty";
import { Loading } from "../components/Loading";
import { ConflictModal } from "./ConflictModal";
import { Control, idOf, isWide } from "./Control";
import { fieldsOf, isSame, type Field, type Values } from "./fields";
import { isShown, LAYOUTS, WORDS } from "./layouts";
import { UnsavedGuard } from "./UnsavedGuard";
import { useRowForm } from "./useRowForm";

interface Props {
  kind: Kind;
  /** The row to change; without it a new one is made. */
  held?: Held;
  /** What a new one begins with. */
  beginning?: Values;
  within?: "page" | "drawer";
  /** `way`: the `value` of the button that was pressed. */
  onDone: (row: Row, way: string) => void;
  onCancel: () => void;
  /** Further buttons that submit, beside the usual one. */
  ways?: { value: string; label: string; icon?: ReactNode }[];
}

/** Creates or changes a row: all fields of its schema, in sections. */
export function RowForm(props: Props) {
  const schema = useSchema(WORDS[props.kind].schema);
  const fields = useMemo(() => (schema.data ? fieldsOf(schema.data) : undefined), [schema.data]);
  if (schema.error) return <Failed error={schema.error} again={() => void schema.refetch()} />;
  if (!fields) return <Loading />;
  return <Form {...props} fields={fields} />;
}

function Form({ kind, held, beginning, within = "page", onDone, onCancel, ways = [], fields }: Props & { fields: Field[] }) {
  const form = useRowForm({ kind, fields, held, beginning });
  const { values, errors } = form;
  const may = useMay("supervisor");
  const firstWrong = Object.keys(errors)[0];
  useEffect(() => {
    if (firstWrong) document.getElementById(idOf(kind, firstWrong))?.focus();
  }, [kind, firstWrong]);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A form within a drawer stands, for React, within the form below it.
    event.stopPropagation();
    const way = ((event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null)?.value ?? "";
    const row = await form.submit();
    if (row) onDone(row, way);
  };
  const show = (field: Field) => (
    <Box key={field.path} className={isWide(field) || within === "drawer" ? "wide" : undefined}>
      <Control field={field} form={kind} value={values[field.path]} error={errors[field.path]} onChange={(value) => form.set(field.path, value)} />
    </Box>
  );
  const { sections, more } = arranged(kind, fields, values);
  const { one } = WORDS[kind];
  return (
    <form onSubmit={(event) => void submit(event)} noValidate aria-label={held ? `Change the ${one}` : `New ${one}`}>
      {within === "page" && <UnsavedGuard when={form.dirty.length > 0 && !form.busy} />}
      <fieldset disabled={!may} className="plainset stacked">
        {sections.map(({ title, about, own }) => (
          <FormSection key={title} title={title} about={about} within={within}>
            {own.map(show)}
          </FormSection>
        ))}
        {more.length > 0 && (
          <More within={within} count={more.length} forced={more.some(({ path }) => errors[path])}>
            {more.map(show)}
          </More>
        )}
        {form.failed && (
          <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={18} />} title="Not saved">
            {form.failed}
          </Alert>
        )}
      </fieldset>
      <Group className="savebar" display={may ? undefined : "none"} justify="flex-end" gap="xs">
        {Object.keys(errors).length > 0 && (
          <Text size="sm" c="red" role="alert" flex={1}>
            {Object.keys(errors).length === 1 ? "One field needs another value." : `${Object.keys(errors).length} fields need other values.`}
          </Text>
        )}
        <Button variant="default" onClick={onCancel} visibleFrom={ways.length > 0 ? "xs" : undefined}>
          Cancel
        </Button>
        {ways.map(({ value, label, icon }) => (
          <Button key={value} type="submit" value={value} variant="light" leftSection={icon} disabled={form.busy}>
            {label}
          </Button>
        ))}
        <Button type="submit" loading={form.busy} disabled={held !== undefined && form.dirty.length === 0}>
          {held ? "Save" : `Create ${one}`}
        </Button>
      </Group>
      <ConflictModal conflict={form.conflict} values={values} onSettle={form.settle} one={one} />
    </form>
  );
}

/** Which fields are shown where: those that mean nothing now are not, unless they have a value. */
function arranged(kind: Kind, fields: Field[], values: Values) {
  const isThere = ({ path }: Field) => isShown(path, values) || !isSame(values[path], null);
  const layout = LAYOUTS[kind] ?? [];
  const sections = layout.map(({ title, about, fields: names }) => ({
    title,
    about,
    own: names.flatMap((path) => fields.find((field) => field.path === path) ?? []).filter(isThere),
  }));
  const named = new Set(layout.flatMap((section) => section.fields));
  return { sections: sections.filter(({ own }) => own.length > 0), more: fields.filter((field) => !named.has(field.path) && isThere(field)) };
}

function FormSection({ title, about, within, children }: { title: string; about: string; within: string; children: ReactNode }) {
  const inner = (
    <section aria-label={title}>
      <Title order={2} fz="md">
        {title}
      </Title>
      <Text size="sm" c="dimmed" mb="md">
        {about}
      </Text>
      <div className="fields">{children}</div>
    </section>
  );
  return within === "page" ? <Card>{inner}</Card> : inner;
}

/** What is rarely set. Opens by itself where something in it is wrong. */
function More({ within, count, forced, children }: { within: string; count: number; forced: boolean; children: ReactNode }) {
  const [open, { toggle }] = useDisclosure(false);
  const shown = open || forced;
  const inner = (
    <>
      <UnstyledButton onClick={toggle} aria-expanded={shown} type="button">
        <Group gap={6}>
          {shown ? <IconChevronDown size={18} /> : <IconChevronRight size={18} />}
          <Text fw={650}>More</Text>
          <Text size="sm" c="dimmed">
            {count} {count === 1 ? "field" : "fields"} that are rarely set
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse in={shown}>
        <div className="fields" style={{ marginTop: "var(--mantine-spacing-md)" }}>
          {children}
        </div>
      </Collapse>
    </>
  );
  return within === "page" ? <Card>{inner}</Card> : <div>{inner}</div>;
}
