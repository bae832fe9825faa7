/** What holds a campaign back, as `GET /api/v1/campaigns/{id}/why` says it. */
export interface Why {
  campaign: string;
  reason: string;
  text: string;
  dialing?: boolean;
  since?: string | null;
  until?: string | null;
  advice?: string | null;
  limits?: { asterisk?: string | null; reason?: string; text: string; until?: string | null }[];
}

export async function readWhy(id: string): Promise<Why | null> {
  if (!OFFERS.why) return null;
  const answer = await fetch(`/api/v1/campaigns/${encodeURIComponent(id)}/why`, { headers: { Accept: "application/json" } });
  return answer.ok ? ((await answer.json()) as Why) : null;
}

/** Of all campaigns in short. */
export async function readReasons(): Promise<Map<string, Why>> {
  const reasons = new Map<string, Why>();
  let cursor: string | null = "";
  while (cursor !== null && reasons.size < 2_000) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await fetch(`/api/v1/campaigns/why?limit=500${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) break;
    const page = (await answer.json()) as { items: Why[]; next_cursor: string | null };
    for (const why of page.items) reasons.set(why.campaign, why);
    cursor = page.next_cursor;
  }
  return reasons;
}
