import { Group, Progress, Skeleton, Text } from "@mantine/core";
import { useAbandon } from "../api/queries";

/** The window that is nearest to its cap, in words. */
export function useAbandonShare(id: string) {
  const { data } = useAbandon(id);
  if (!data) return undefined;
  const window = [...data.windows].sort((one, other) => (other.share ?? -1) - (one.share ?? -1))[0];
  return {
    cap: data.cap,
    usedUp: data.used_up,
    share: window?.share ?? null,
    days: window?.days ?? 0,
    broken: (window?.abandoned ?? 0) + (window?.late ?? 0),
    answered: window?.answered ?? 0,
  };
}

export const percent = (value: number | null) => (value === null ? "–" : `${value.toFixed(value < 10 ? 1 : 0)} %`);

/** The share of abandoned calls, and how much of its cap that is. */
export function AbandonMeter({ id }: { id: string }) {
  const share = useAbandonShare(id);
  if (!share) return <Skeleton h={14} w={80} />;
  const part = share.cap === null || share.share === null ? 0 : (100 * share.share) / share.cap;
  const color = share.usedUp || part > 100 ? "red" : part > 80 ? "orange" : "teal";
  return (
    <div>
      <Group gap={4} wrap="nowrap">
        <Text size="sm" className="numbers">
          {percent(share.share)}
        </Text>
        <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: "nowrap" }}>
          {share.cap === null ? "no cap" : `of ${share.cap} %`}
        </Text>
      </Group>
      {share.cap !== null && (
        <Progress
          value={Math.min(100, part)}
          color={color}
          size={4}
          mt={4}
          aria-label={`Abandoned ${percent(share.share)} of at most ${share.cap} %`}
        />
      )}
    </div>
  );
}
