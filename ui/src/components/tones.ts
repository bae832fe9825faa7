/** Colours that mean something. Each is always beside its word: nothing is said by colour alone. */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet" | "info";

/** The Mantine colour of a tone. */
export const color: Record<Tone, string> = {
  good: "teal",
  busy: "sea",
  warn: "orange",
  bad: "red",
  quiet: "gray",
  info: "indigo",
};

/** A status of a campaign in words. */
export const campaignStatus: Record<string, { word: string; tone: Tone; live?: boolean }> = {
  start: { word: "Running", tone: "good", live: true },
  starting: { word: "Starting", tone: "busy", live: true },
  pause: { word: "Paused", tone: "warn" },
  pausing: { word: "Pausing", tone: "warn", live: true },
  stop: { word: "Stopped", tone: "quiet" },
  stopping: { word: "Stopping", tone: "quiet", live: true },
  force_stopping: { word: "Hanging up", tone: "bad", live: true },
};

/** What an agent does, in words. */
export const agentState: Record<string, { word: string; tone: Tone }> = {
  idle: { word: "Idle", tone: "good" },
  busy: { word: "In a call", tone: "busy" },
  wrap_up: { word: "Wrap-up", tone: "info" },
  away: { word: "Away", tone: "quiet" },
};

/** How a dialing ended, in words. */
export const outcome: Record<string, { word: string; tone: Tone }> = {
  answered: { word: "Answered", tone: "good" },
  machine: { word: "Machine", tone: "info" },
  abandoned: { word: "Abandoned", tone: "bad" },
  busy: { word: "Busy", tone: "warn" },
  no_answer: { word: "No answer", tone: "quiet" },
  congestion: { word: "Congestion", tone: "warn" },
  failed: { word: "Failed", tone: "bad" },
  refused: { word: "Refused", tone: "warn" },
  unknown: { word: "Unknown", tone: "quiet" },
  no_agent: { word: "No agent", tone: "warn" },
};

/** The state of the connection to an Asterisk, in words. */
export const asteriskState: Record<string, { word: string; tone: Tone }> = {
  ready: { word: "Ready", tone: "good" },
  comparing: { word: "Comparing calls", tone: "warn" },
  away: { word: "Not connected", tone: "bad" },
};

/** The state of an import of leads, in words. */
export const importState: Record<string, { word: string; tone: Tone; live?: boolean }> = {
  waiting: { word: "Waiting", tone: "quiet" },
  running: { word: "Running", tone: "busy", live: true },
  done: { word: "Done", tone: "good" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "warn" },
};
