/** What holds a campaign back, as `GET /api/v1/campaigns/{id}/why` says it. */
export interface Why {
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
