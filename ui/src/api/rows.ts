import { useQuery } from "@tanstack/react-query";
import { api, ApiError } from "./client";

/** The resources that forms create and change. */
export type Kind = "campaigns" | "plans" | "destinations" | "dial-lists";
/** A row of one of them, by field. */
export type Row = Record<string, unknown> & { uuid: string };
/** A row together with the ETag under which it was read. */
export interface Held {
  row: Row;
  etag: string | null;
}

type Call = (path: string, init: object) => Promise<{ data?: unknown; response: Response }>;
/** The same client for paths that are put together: the four kinds have the same operations. */
const any = api as unknown as Record<"GET" | "POST" | "PATCH" | "DELETE", Call>;

async function held(answer: ReturnType<Call>): Promise<Held> {
  const { data, response } = await answer;
  return { row: data as Row, etag: response.headers.get("etag") };
}

export const readRow = (kind: Kind, id: string) => held(any.GET(`/api/v1/${kind}/${id}`, {}));

/** An Idempotency-Key; `randomUUID` is only there over TLS and on loopback. */
export function makeKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Creates that have had no answer, with their keys: tried again, they make no second row. */
const unanswered = new Map<string, string>();

export async function createRow(kind: Kind, body: object): Promise<Held> {
  const what = `${kind} ${JSON.stringify(body)}`;
  const key = unanswered.get(what) ?? makeKey();
  unanswered.set(what, key);
  try {
    const made = await held(any.POST(`/api/v1/${kind}`, { body, headers: { "Idempotency-Key": key } }));
    unanswered.delete(what);
    return made;
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) unanswered.delete(what);
    throw error;
  }
}

export const changeRow = (kind: Kind, id: string, body: object, etag: string | null) =>
  held(any.PATCH(`/api/v1/${kind}/${id}`, { body, headers: etag ? { "If-Match": etag } : {} }));

export const deleteRow = (kind: Kind, id: string) => any.DELETE(`/api/v1/${kind}/${id}`, {});

/** A row as it was when its form was opened: it does not change under who fills it in. */
export function useHeld(kind: Kind, id: string | undefined) {
  return useQuery({
    queryKey: ["held", kind, id],
    queryFn: () => readRow(kind, id ?? ""),
    enabled: id !== undefined,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: 0,
    gcTime: 0,
  });
}

/** A name for people. */
export function nameOf(row: { name?: unknown; uuid?: unknown } | undefined): string {
  return typeof row?.name === "string" && row.name !== "" ? row.name : String(row?.uuid ?? "").slice(0, 8);
}
