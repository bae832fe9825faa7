import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Agent = Schemas["Agent"];
export type Asterisk = Schemas["Asterisk"];
export type Campaign = Schemas["Campaign"];
export type Dialing = Schemas["Dialing"];
export type DialList = Schemas["DialList"];
export type Delivery = Schemas["Delivery"];
export type Destination = Schemas["Destination"];
export type Import = Schemas["Import"];
export type ImportPreview = Schemas["ImportPreview"];
export type Lead = Schemas["Lead"];
export type ListStats = Schemas["ListStats"];
export type LiveQueue = Schemas["LiveQueue"];
export type Plan = Schemas["Plan"];
export type Problem = Schemas["Problem"];
export type Result = Schemas["Result"];
export type Session = Schemas["Session"];
export type Stats = Schemas["Stats"];
export type Webhook = Schemas["Webhook"];
export type Why = Schemas["Why"];

/** An answer that says no, or none at all (`status` 0). Forms show `field` and `expected` where they belong. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? "The daemon does not answer.");
  }

  get field(): string | undefined {
    return this.problem.field;
  }
}

/** Told when the daemon does not know who we are any more. */
export const signedOut = new EventTarget();

const middleware: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Requested-With", "outbound-ui");
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return response;
    let problem: Partial<Problem> = { title: `HTTP ${response.status}` };
    if (response.headers.get("content-type")?.includes("json")) {
      problem = (await response.json().catch(() => problem)) as Partial<Problem>;
    }
    if (response.status === 401 && schemaPath !== "/api/v1/session") signedOut.dispatchEvent(new Event("signedout"));
    throw new ApiError(response.status, problem);
  },
  onError() {
    return new ApiError(0, { title: "no connection", detail: "The daemon does not answer. Does it run, and is the network there?" });
  },
};

/** Typed by the OpenAPI document (`ui/openapi.json`). Every call ends with data, or throws an `ApiError`. */
export const api = createClient<paths>({ baseUrl: "" });
api.use(middleware);

/** The data of an answer that is a success: the client has thrown otherwise. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** All items of a list, page by page; at most `most` of them. */
export async function all<T>(
  page: (cursor: string | undefined) => Promise<{ data?: { items: T[]; next_cursor: string | null } }>,
  most = 2_000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await data(page(cursor));
    items.push(...answer.items);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return items;
}
