import { Skeleton, Text } from "@mantine/core";
import { useReasons } from "../api/queries";
import { sentence } from "./format";

/** Why a campaign does not dial more, in a few lines; nothing where the daemon does not say. */
export function Reason({ id }: { id: string }) {
  const reasons = useReasons();
  if (reasons.isLoading) return <Skeleton h={12} w="60%" mt={4} />;
  const text = reasons.data?.get(id)?.text;
  if (!text) return null;
  return (
    <Text size="sm" lineClamp={4} title={text}>
      {sentence(text)}
    </Text>
  );
}
