import type { Kind } from "../api/rows";
import type { Values } from "./fields";

/** Fields that belong together. What no section names is in "More", so that a new field of the daemon is never missing. */
export interface Section {
  title: string;
  about: string;
  fields: string[];
}

/** The names of things in words. */
export const WORDS: Record<Kind, { one: string; schema: string; to: string; title: string; hint: string }> = {
  campaigns: { one: "campaign", schema: "CampaignInput", to: "/campaigns", title: "Campaigns", hint: "A campaign works through a dial list as its plan says." },
  plans: { one: "plan", schema: "PlanInput", to: "/plans", title: "Plans", hint: "A plan says how calls are made: how fast, over which trunk, how often, and what happens when somebody answers." },
  destinations: { one: "destination", schema: "DestinationInput", to: "/destinations", title: "Destinations", hint: "A destination is a place in the dialplan, or an application, where the answered calls of a campaign go instead of a queue." },
  "dial-lists": { one: "dial list", schema: "DialListInput", to: "/lists", title: "Lists", hint: "A dial list holds the leads that a campaign calls." },
};

export const LAYOUTS: Partial<Record<Kind, Section[]>> = {
  campaigns: [
    { title: "Who is called", about: "A campaign works through one list, as one plan says.", fields: ["name", "dial_list", "plan", "detail"] },
    { title: "What happens on answer", about: "Answered calls go to the plan's queue, if no destination is chosen here.", fields: ["destination"] },
    { title: "How fast", about: "Limits of this campaign alone, beside those of trunks and Asterisks.", fields: ["max_channels", "max_cps", "weight"] },
    {
      title: "Schedule",
      about: "When calls may be made.",
      fields: ["schedule.enabled", "schedule.day_list", "schedule.time_start", "schedule.time_end", "time_zone", "schedule.date_start", "schedule.date_end"],
    },
  ],
  plans: [
    { title: "How fast", about: "What the number of calls follows.", fields: ["name", "dial_mode", "pacing", "service_level", "power_ratio", "preview_first", "preview_seconds", "detail"] },
    { title: "Who is called", about: "Over which trunk, as whom, how long and how often.", fields: ["trunk_name", "caller_id", "dial_timeout_ms", "retry_delay_ms", "list_end", "max_tries"] },
    { title: "What happens on answer", about: "Who takes the calls, and which answers reach him.", fields: ["queue_name", "amd_mode", "answer_handle"] },
    { title: "Abandon protection", about: "Persons who answer and find no agent: how many there may be.", fields: ["abandon_rule", "abandon_cap", "abandon_seconds", "abandon_message"] },
  ],
  destinations: [
    { title: "What happens on answer", about: "Where an answered call goes.", fields: ["name", "kind", "context", "exten", "priority", "application", "data", "detail"] },
  ],
};

const isPreview = (values: Values) => values["dial_mode"] === "desktop";
const isExten = (values: Values) => (values["kind"] ?? "exten") === "exten";

/** Fields that mean something only beside another value. One that has a value of its own is shown all the same. */
const ONLY_WHEN: Record<string, (values: Values) => boolean> = {
  pacing: (values) => values["dial_mode"] === "predictive",
  service_level: (values) => values["dial_mode"] === "predictive" && values["pacing"] === "level",
  power_ratio: (values) => values["dial_mode"] === "power",
  preview_first: isPreview,
  preview_seconds: isPreview,
  answer_handle: (values) => Number(values["amd_mode"] ?? 0) > 0,
  context: isExten,
  exten: isExten,
  priority: isExten,
  application: (values) => !isExten(values),
  data: (values) => !isExten(values),
};

export function isShown(path: string, values: Values): boolean {
  return ONLY_WHEN[path]?.(values) ?? true;
}

/** What the values of a field with fixed values mean; the name of one that is not here speaks for itself. */
export const CHOICES: Record<string, Record<string, { word: string; about?: string }>> = {
  dial_mode: {
    predictive: { word: "Predictive", about: "Calls ahead of agents becoming free, as far as the abandon cap allows." },
    progressive: { word: "Progressive", about: "One call for each agent who is free." },
    power: { word: "Power", about: "A fixed number of calls for each agent who is free." },
    desktop: { word: "Preview", about: "An agent sees the lead first, and accepts or refuses it." },
    robo: { word: "Without agents", about: "As many calls as the limits allow; answered calls go to a destination or a queue." },
    redirect: { word: "Redirect", about: "As without agents; answered calls go to the campaign's destination." },
    none: { word: "None", about: "No campaign with this plan starts." },
  },
  pacing: { adaptive: { word: "Adaptive: learns from the room" }, level: { word: "Level: idle agents and a fixed number" } },
  preview_first: { agent: { word: "The agent" }, customer: { word: "The customer" } },
  answer_handle: { all: { word: "All" }, human_only: { word: "Persons only" }, human_possible: { word: "Persons, and where it is not sure" } },
  list_end: { stop: { word: "Stop" }, keep_running: { word: "Keep running, and wait for new leads" } },
  abandon_rule: { ftc: { word: "FTC (United States)" }, ofcom: { word: "Ofcom (United Kingdom)" }, none: { word: "None: only what is set here" } },
  abandon_count: { persons: { word: "Calls that persons answered" }, all: { word: "All answered calls" } },
  abandon_from: { answer: { word: "The answer" }, greeting: { word: "The end of the greeting" } },
  kind: { exten: { word: "A place in the dialplan" }, application: { word: "An application" } },
};

/** What a new one begins with, where the daemon's default would not dial. */
export const BEGINNINGS: Partial<Record<Kind, Values>> = {
  plans: { dial_mode: "progressive" },
};
