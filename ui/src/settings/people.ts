import { useQuery } from "@tanstack/react-query";
import { all, api, ApiError, type Session } from "../api/client";

export type Role = Session["role"];

/** What each role may, in one sentence. */
export const ROLES: { value: Role; label: string; about: string }[] = [
  { value: "viewer", label: "Viewer", about: "Sees everything but users, tokens and the audit log; changes nothing." },
  { value: "supervisor", label: "Supervisor", about: "Also changes campaigns, plans, lists and destinations, and starts and stops." },
  { value: "admin", label: "Admin", about: "Everything, users, tokens and applications that run programs included." },
];

export const roleWord = (role: string | null) => ROLES.find(({ value }) => value === role)?.label ?? role ?? "–";

export function useUsers() {
  return useQuery({ queryKey: ["users"], queryFn: () => all((cursor) => api.GET("/api/v1/users", { params: { query: { cursor, limit: 500 } } })) });
}

export function useTokens() {
  return useQuery({ queryKey: ["tokens"], queryFn: () => all((cursor) => api.GET("/api/v1/tokens", { params: { query: { cursor, limit: 500 } } })) });
}

/** The daemon's no, for the field that it names; where it names none, for "". */
export function errorOf(error: Error | null, field: string, fields: string[]): string | undefined {
  if (!error) return undefined;
  const named = error instanceof ApiError && error.field !== undefined && fields.includes(error.field) ? error.field : "";
  if (named !== field) return undefined;
  return error instanceof ApiError && error.problem.expected ? `Expected: ${error.problem.expected}.` : error.message;
}
