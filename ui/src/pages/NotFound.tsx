import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link } from "react-router-dom";
import { Empty } from "../components/Empty";
import { Page } from "../components/Page";

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty
        icon={<IconMapQuestion size={28} />}
        title="There is no such page"
        action={
          <Button component={Link} to="/" mt="sm">
            To the overview
          </Button>
        }
      >
        The address may have a typing error, or what was here has been deleted.
      </Empty>
    </Page>
  );
}
