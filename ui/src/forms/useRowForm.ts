import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { changeRow, createRow, readRow, type Held, type Kind, type Row } from "../api/rows";
import { bodyOf, differing, isSame, valuesOf, wrong, type Field, type Values } from "./fields";
import { BEGINNINGS } from "./layouts";

/** What somebody else has changed meanwhile. */
export interface Conflict {
  theirs: Held;
  /** The fields whose values are others than when the form was opened. */
  fields: Field[];
}

interface Asked {
  kind: Kind;
  fields: Field[];
  /** The row to change; undefined: a new one is made. */
  held: Held | undefined;
  beginning?: Values;
}

/** The state of a form: values, what is wrong with them, and what becomes of them. */
export function useRowForm({ kind, fields, held, beginning }: Asked) {
  const client = useQueryClient();
  const [base, setBase] = useState(held);
  const first = useMemo(() => (base ? valuesOf(base.row, fields) : {}), [base, fields]);
  const [values, setValues] = useState<Values>(() => (held ? first : { ...BEGINNINGS[kind], ...beginning }));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failed, setFailed] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [busy, setBusy] = useState(false);
  const dirty = differing(fields, base ? first : { ...BEGINNINGS[kind], ...beginning }, values);

  const set = (path: string, value: unknown) => {
    setValues((old) => ({ ...old, [path]: value }));
    setErrors(({ [path]: _, ...others }) => others);
  };

  /** Puts the daemon's no where it belongs. */
  const refuse = (error: unknown) => {
    const field = error instanceof ApiError ? fields.find(({ path }) => path === error.field || path.endsWith(`.${error.field}`)) : undefined;
    const text = error instanceof Error ? error.message : String(error);
    const expected = error instanceof ApiError ? error.problem.expected : undefined;
    if (field) setErrors({ [field.path]: expected ? `Expected: ${expected}.` : text });
    else setFailed(text);
  };

  /** A change against the row as it is now. Where only its status has changed, or nothing that is in the form, that is no conflict. */
  const change = async (from: Held, again = true): Promise<Row | null> => {
    const body = bodyOf(differing(fields, valuesOf(from.row, fields), values), values);
    try {
      return (await changeRow(kind, from.row.uuid, body, from.etag)).row;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const theirs = await readRow(kind, from.row.uuid);
      const others = differing(fields, valuesOf(from.row, fields), valuesOf(theirs.row, fields));
      if (others.length === 0 && again) return change(theirs, false);
      setConflict({ theirs, fields: others });
      return null;
    }
  };

  /** The row as it is stored; null where it is not, and the form says why. */
  const submit = async (): Promise<Row | null> => {
    setFailed(null);
    const found: Record<string, string> = {};
    for (const field of fields) {
      const text = wrong(field, values[field.path]);
      if (text) found[field.path] = text;
    }
    setErrors(found);
    if (Object.keys(found).length > 0) return null;
    setBusy(true);
    try {
      const row = base ? await change(base) : (await createRow(kind, bodyOf(fields.filter(({ path }) => !isSame(values[path], null)), values))).row;
      if (row) void client.invalidateQueries({ queryKey: [kind] });
      return row;
    } catch (error) {
      refuse(error);
      return null;
    } finally {
      setBusy(false);
    }
  };

  /** Goes on from what the other one has made of it; `mine`: what was changed here stays changed. */
  const settle = (mine: boolean) => {
    if (!conflict) return;
    const theirs = valuesOf(conflict.theirs.row, fields);
    setBase(conflict.theirs);
    setValues(mine ? { ...theirs, ...Object.fromEntries(dirty.map(({ path }) => [path, values[path]])) } : theirs);
    setConflict(null);
  };

  return { values, set, errors, failed, conflict, settle, busy, dirty, submit };
}
