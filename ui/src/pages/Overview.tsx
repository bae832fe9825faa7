import { Card, Table, Text } from "@mantine/core";
import { IconPhoneOutgoing } from "@tabler/icons-react";
import { Link } from "react-router-dom";
import { useCampaigns } from "../api/queries";
import { Empty, Failed } from "../components/Empty";
import { Page } from "../components/Page";
import { CampaignStatus } from "../components/Status";

export function OverviewPage() {
  const campaigns = useCampaigns();
  return (
    <Page title="Overview">
      {campaigns.error && <Failed error={campaigns.error} again={() => void campaigns.refetch()} />}
      {campaigns.data?.length === 0 && (
        <Empty icon={<IconPhoneOutgoing size={28} />} title="No campaigns yet">
          A campaign calls the leads of a list as its plan says.
        </Empty>
      )}
      {campaigns.data && campaigns.data.length > 0 && (
        <Card padding={0}>
          <Table.ScrollContainer minWidth={500}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Campaign</Table.Th>
                  <Table.Th>Status</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {campaigns.data.map((campaign) => (
                  <Table.Tr key={campaign.uuid}>
                    <Table.Td>
                      <Text component={Link} to={`/campaigns/${campaign.uuid}`} fw={600} className="plain">
                        {campaign.name ?? campaign.uuid}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <CampaignStatus status={campaign.status} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
    </Page>
  );
}
