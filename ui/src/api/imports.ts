import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, ApiError, data, signedOut, type Import, type Problem } from "./client";
import type { operations } from "./schema";

/** What is asked of an import. */
export type ImportWish = NonNullable<operations["post_dial_lists_id_imports"]["parameters"]["query"]>;
export type PreviewWish = NonNullable<operations["post_imports_preview"]["parameters"]["query"]>;

/** Octets of the beginning of a file that the daemon looks at. */
export const HEAD_OCTETS = 1 << 20;
/** Octets of a file that the daemon takes. */
export const FILE_OCTETS = 4 * 2 ** 30;
/** Characters of the name of a file. */
const NAME = 200;

const CSV = { "Content-Type": "text/csv" };

/** What the columns and first rows of a file look like to the daemon. */
export function lookAt(head: ArrayBuffer, query: PreviewWish, signal?: AbortSignal) {
  return data(api.POST("/api/v1/imports/preview", { params: { query }, body: head as never, bodySerializer: (body: unknown) => body as ArrayBuffer, headers: CSV, signal }));
}

/** An import that the daemon has a file for; `again`: it had it before. */
export interface Taken {
  row: Import;
  again: boolean;
}

interface Upload {
  list: string;
  file: File;
  wish: ImportWish;
  /** Told the octets that are sent. */
  onSent: (octets: number) => void;
  signal: AbortSignal;
}

/** Sends a file. It goes from the disk as it is: the page never holds it. (fetch could not say how far it is.) */
export function upload({ list, file, wish, onSent, signal }: Upload): Promise<Taken> {
  const name = file.name.replace(/\p{C}/gu, "").slice(0, NAME);
  const query = new URLSearchParams(Object.entries({ ...wish, name }).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
  return new Promise((taken, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/dial-lists/${list}/imports?${query}`);
    request.setRequestHeader("Content-Type", CSV["Content-Type"]);
    request.setRequestHeader("X-Requested-With", "outbound-ui");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const { status, response } = request;
      if (status === 401) signedOut.dispatchEvent(new Event("signedout"));
      if (status === 200 || status === 202) taken({ row: response as Import, again: status === 200 });
      else failed(new ApiError(status, (response as Partial<Problem> | null) ?? { title: `HTTP ${status}` }));
    };
    request.onerror = () => failed(new ApiError(0, { detail: "The file did not arrive: the connection broke, or the file was changed meanwhile." }));
    request.onabort = () => failed(new ApiError(0, { detail: "The file was not sent to its end." }));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

export const isOver = ({ state }: Pick<Import, "state">) => state !== "waiting" && state !== "running";

/** Where the refused rows of an import are, as a file. */
export const reportOf = (id: string) => `/api/v1/imports/${id}/report`;

/** How long the daemon keeps a report. */
export const REPORT_DAYS = 30;

/** Whether the refused rows of an import are to be had as a file. */
export const hasReport = ({ refused, ended_at }: Import) => refused > 0 && ended_at !== null && Date.now() < Date.parse(ended_at) + REPORT_DAYS * 86_400_000;

const LIVE_MS = 1_000;
const CALM_MS = 5_000;

/** The leads are read anew when the first ones of an import are in, and when it is over; how many there are, with each of its steps. */
export function useLeadsOf(row: Import | undefined) {
  const client = useQueryClient();
  const brought = row && row.imported + row.updated;
  const step = row && `${row.id} ${isOver(row) ? "over" : brought ? "some" : "none"}`;
  useNews(step, () => void client.invalidateQueries({ queryKey: ["leads"] }));
  useNews(row && `${step} ${brought}`, () => void client.invalidateQueries({ queryKey: ["stats"] }));
}

/** Does something when a value that was there becomes another. */
function useNews(value: string | undefined, tell: () => void) {
  const known = useRef<string>(undefined);
  useEffect(() => {
    if (value === undefined || value === known.current) return;
    const isNews = known.current !== undefined;
    known.current = value;
    if (isNews) tell();
  });
}

/** One import, as it goes on. */
export function useImport(id: string) {
  return useQuery({
    queryKey: ["imports", "one", id],
    queryFn: () => data(api.GET("/api/v1/imports/{id}", { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : LIVE_MS),
  });
}

/** The imports into a list, newest first. */
export function useImports(list: string) {
  return useInfiniteQuery({
    queryKey: ["imports", "of", list],
    queryFn: ({ pageParam }) =>
      data(api.GET("/api/v1/imports", { params: { query: { dial_list: list, limit: 20, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some((row) => !isOver(row))) ? LIVE_MS : CALM_MS),
  });
}

/** Ends an import; its leads stay in. */
export function useCancel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => data(api.POST("/api/v1/imports/{id}/cancel", { params: { path: { id } } })),
    onError: (error: Error) => notifications.show({ color: "red", title: "Not cancelled", message: error.message }),
    onSettled: () => client.invalidateQueries({ queryKey: ["imports"] }),
  });
}
