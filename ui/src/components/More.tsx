import { Button, Center } from "@mantine/core";

/** The rest of a list that comes in pages. */
export function More({ has, loading, onMore }: { has: boolean; loading: boolean; onMore: () => void }) {
  if (!has) return null;
  return (
    <Center py="sm" className="part">
      <Button variant="subtle" size="sm" loading={loading} onClick={onMore}>
        Show more
      </Button>
    </Center>
  );
}
