import { Button, Card } from "@mantine/core";
import { Link, useParams } from "react-router-dom";
import { useDialLists } from "../api/queries";
import { nameOf } from "../api/rows";
import { NewCampaign } from "../components/NewCampaign";
import { Page } from "../components/Page";
import { ImportFlow } from "../lists/ImportFlow";

/** Leads out of a file, into one list. */
export function ImportPage() {
  const { id = "" } = useParams();
  const list = useDialLists().data?.find(({ uuid }) => uuid === id);
  const name = list ? nameOf(list) : "the list";
  const next = (
    <>
      <NewCampaign list={id} />
      <Button component={Link} to={`/lists/${id}`} variant="default">
        Show the leads
      </Button>
    </>
  );
  return (
    <Page title={`Import into ${name}`} above={{ to: `/lists/${id}`, title: name }}>
      <Card>
        <ImportFlow list={id} next={next} />
      </Card>
    </Page>
  );
}
