import type { DialList } from "../api/client";
import { useCampaigns } from "../api/queries";
import { deleteRow, nameOf } from "../api/rows";
import { useDelete } from "../components/useDelete";

/** Deleting a list, with what goes with it. */
export function useListDeletion(onDone?: () => void) {
  const campaigns = useCampaigns();
  return useDelete<DialList>({
    one: "list",
    nameOf,
    remove: ({ uuid }) => deleteRow("dial-lists", uuid),
    stale: "dial-lists",
    onDone,
    warning: ({ uuid }) => {
      const own = (campaigns.data ?? []).filter(({ dial_list }) => dial_list === uuid).map(nameOf);
      const used = own.length > 0 ? ` It is the list of ${own.join(", ")}.` : "";
      return `Its leads are deleted with it; results of their calls stay.${used} This cannot be taken back.`;
    },
  });
}
