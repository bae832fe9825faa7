"""The contract as data: the fields of events and list entries in their order, and the texts of replies.

Everything is read from the contract's own text, so that the text stays the one place where it is written.
"""

import pathlib
import re

CONTRACT = pathlib.Path(__file__).resolve().parent.parent / "data" / "contract"

# The resource as events name it: (the word in `Extra fields of the later generation`, the event of its entries).
RESOURCES = {
    "Campaign": ("Campaign", "OutCampaignEntry"),
    "Plan": ("Plan", "OutPlanEntry"),
    "Dlma": ("Dlma", "OutDlmaEntry"),
    "DlList": ("DlList", "OutDlListEntry"),
    "Destination": ("Destination", "OutDestinationEntry"),
    "Dialing": ("Dialing", "OutDialingEntry"),
}


def events():
    """{event: its fields in order, without Event and Privilege}, list entries too."""
    fields = _documented()
    text = (CONTRACT / "ami_action.md").read_text()
    fields.update(_left_out(text))
    extra = _extra(text)
    for resource, (word, entry) in RESOURCES.items():
        for event in (f"Out{resource}Create", f"Out{resource}Update"):
            fields[event] = fields[event] + extra.get(word, [])
        fields[entry] = fields[f"Out{resource}Create"]
    # Entries that have a place in the table only: `OutDialingSummary (Count)`.
    for event, names in re.findall(r"(Out\w+) \(((?:[A-Z]\w+(?:, )?)+)\)", text):
        fields[event] = names.split(", ")
    return fields


def replies():
    """{action: (success text, error text)}; None where the table has none."""
    texts = {}
    table = (CONTRACT / "ami_action.md").read_text().split("## Actions and messages")[1].split("##")[0]
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != 4 or not cells[0].startswith("Out"):
            continue
        actions, success, error = cells[0].split(" / "), cells[2], None if cells[3] == "-" else cells[3]
        first, quoted = actions[0], re.search(r"`([^`]* will follow)`", success)
        if len(actions) == 1:
            texts[first] = (quoted[1] if quoted else success, error)
            continue
        # One row for four: `OutQueueCreate / Update ...`, `Queue created / updated ... successfully`.
        resource = first.removesuffix("Create")
        noun, verbs = re.match(r"(\w+) (.+?) successfully", success).groups()
        done = [f"{noun} {verb} successfully" for verb in verbs.split(" / ")] + [quoted[1]]
        start, doing, end = re.match(r"(.* while )(.*) (\w+)$", error).groups()
        failed = [f"{start}{verb} {end}" for verb in doing.split(" / ")]
        names = [first] + [resource + verb for verb in actions[1:]]
        texts.update(zip(names, zip(done, failed, strict=True), strict=True))
    return texts


def _documented():
    """The examples of ami_event.txt; those of Create and Update are whole."""
    fields = {}
    for block in (CONTRACT / "ami_event.txt").read_text().split("Example\n-------")[1:]:
        example = re.search(r"::\n\n((?:  .*\n)+)", block)[1]
        lines = [line.strip() for line in example.splitlines()]
        names = [line.partition(":")[0] for line in lines]
        if names[:2] != ["Event", "Privilege"]:
            raise ValueError(f"an example without its head: {lines}")
        fields[lines[0].partition(": ")[2]] = names[2:]
    return fields


def _left_out(text):
    fields = {}
    section = text.split("## Events that the first document leaves out")[1].split("\n## ")[0]
    for item in re.split(r"\n- ", section)[1:]:
        head, _, body = " ".join(item.split()).partition(": ")
        body = re.sub(r"\([^)]*\)", "", body)
        names = [name for part in body.rstrip(".").split(",") for name in _numbered(part.strip())]
        for event in head.split(", "):
            first, *more = event.split(" / ")
            for kind in [first] + [re.sub(r"(Create|Update|Delete)$", one, first) for one in more]:
                fields[kind] = names
    return fields


def _extra(text):
    section = text.split("## Extra fields of the later generation")[1].split("\n## ")[0]
    pairs = re.findall(r"(?:- |   )(\w+): ([^.]*)\.", section)
    return {word: names.split(", ") for word, names in pairs}


def _numbered(name):
    """`Number1..8` is Number1 to Number8."""
    spread = re.fullmatch(r"(\w+?)(\d)\.\.(\d)", name)
    if not spread:
        return [name]
    return [f"{spread[1]}{n}" for n in range(int(spread[2]), int(spread[3]) + 1)]
