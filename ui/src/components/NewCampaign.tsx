import { Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link } from "react-router-dom";
import { useMay } from "../api/session";

/** To the form for a new campaign; with a list chosen already. */
export function NewCampaign({ list, variant }: { list?: string; variant?: string }) {
  if (!useMay("supervisor")) return null;
  return (
    <Button component={Link} to={list ? `/campaigns/new?list=${list}` : "/campaigns/new"} variant={variant} leftSection={<IconPlus size={17} />}>
      New campaign
    </Button>
  );
}

/** To the form of a campaign. */
export function ChangeCampaign({ id }: { id: string }) {
  if (!useMay("supervisor")) return null;
  return (
    <Button component={Link} to={`/campaigns/${id}/edit`} variant="default" leftSection={<IconPencil size={17} />}>
      Change
    </Button>
  );
}
