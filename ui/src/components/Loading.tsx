import { Center, Loader } from "@mantine/core";

/** Before anything is known. */
export function Loading() {
  return (
    <Center mih="60vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
