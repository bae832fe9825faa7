import { useQuery } from "@tanstack/react-query";
import { ApiError } from "./client";
import type { paths } from "./schema";

/** What a form needs of a JSON schema. */
export interface Schema {
  type?: string | string[];
  description?: string;
  format?: string;
  enum?: (string | null)[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
}

interface Document {
  info: { title: string; version: string };
  paths: Record<string, Record<string, { parameters?: { name: string; schema: Schema }[] }>>;
  components: { schemas: Record<string, Schema> };
}

async function read(): Promise<Document> {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new ApiError(answer.status, { title: `HTTP ${answer.status}` });
  return (await answer.json()) as Document;
}

const document = { queryKey: ["openapi"], queryFn: read, staleTime: Infinity, gcTime: Infinity };

/** A schema of the daemon's own OpenAPI document: fields, ranges and meanings stand there, and only there. */
export function useSchema(name: string) {
  return useQuery({ ...document, select: (all: Document) => all.components.schemas[name] });
}

/** What a parameter of a POST may be. */
export function usePostParameter(path: keyof paths, name: string) {
  return useQuery({ ...document, select: ({ paths }: Document) => paths[path]?.["post"]?.parameters?.find((parameter) => parameter.name === name)?.schema });
}

/** The daemon's version. */
export function useVersion() {
  return useQuery({ ...document, select: (all: Document) => all.info.version });
}
