import { Skeleton, Text } from "@mantine/core";
import { useWhy } from "../api/queries";

/** Why a campaign does not dial more, in one line; nothing where the daemon does not say. */
export function Reason({ id, known }: { id: string; known?: string | null }) {
  const why = useWhy(id);
  const text = known ?? why.data?.text;
  if (why.isPending && !known) return <Skeleton h={12} w="60%" />;
  if (!text) return null;
  return (
    <Text size="sm" c="dimmed" lineClamp={2}>
      {text}
    </Text>
  );
}
