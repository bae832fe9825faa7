"""What a client does with the daemon, from the first plan to the last delete, through whatever library.

A library is wrapped as `library.call(headers) -> [response, entry ..., end of the list]` and `library.events`, a queue of
events. Messages are dicts in the order in which the library shows their headers.
"""

import queue
import sys
import time
import traceback

import fields

EVENTS = fields.events()
REPLIES = fields.replies()

EVENT_PATIENCE_S = 20
# Numbers as the simulated customers know them, and what comes of them: ResDial, ResHangup.
CALLEES = {"1600001": ("4", "16"), "2100002": ("5", "17"), "3000003": ("3", "19"), "4000004": ("0", "1")}


class Different(Exception):
    """What is not as the contract says."""


def main(name, connect):
    """Runs the flow; one line and the exit code say what came of it."""
    library = None
    try:
        library = connect(sys.argv[1], int(sys.argv[2]))
        counted = Flow(library).run()
        print(f"OK {name}: {counted}", flush=True)
        code = 0
    except Different as different:
        print(f"FAILED {name}: {different}", flush=True)
        code = 1
    except Exception:  # Whatever it is, it must end as a failure, and soon.
        traceback.print_exc()
        code = 1
    # Not sys.exit: threads of a library may not end.
    sys.stderr.flush()
    import os

    os._exit(code)


class Flow:
    def __init__(self, library):
        self.library = library
        self.seen = []

    def run(self):
        made = self.create()
        self.campaign(made)
        self.show(made)
        self.update(made)
        self.delete(made)
        dialings = {event["Uuid"] for event in self.seen if event["Event"] == "OutDialingCreate"}
        return f"{len(self.seen)} events, {len(dialings)} calls"

    def create(self):
        plan = self.created(
            "Plan",
            Name="by a library",
            Detail="first",
            DialMode="6",
            TechName="Local",
            TrunkName="pstn",
            QueueName="sales",
            DialTimeout="3000",
            MaxRetryCnt1="1",
            Variable=["one=1", "two=2"],
        )
        dlma = self.created("Dlma", Name="list", Detail="first")
        leads = [
            self.created("DlList", DlmaUuid=dlma, Name=f"Customer {number}", Detail="first", Number1=number)
            for number in CALLEES
        ]
        destination = self.created(
            "Destination", Name="desk", Detail="first", Type="0", Exten="100", Context="default", Priority="1"
        )
        campaign = self.created("Campaign", Name="all", Detail="first", Plan=plan, Dlma=dlma)
        return {
            "Campaign": campaign,
            "Plan": plan,
            "DlList": leads[0],
            "Dlma": dlma,
            "Destination": destination,
            "leads": leads,
        }

    def campaign(self, made):
        campaign, first = made["Campaign"], len(self.seen)
        self.act("OutCampaignUpdate", Uuid=campaign, Status="1")
        self.wait(lambda e: e["Event"] == "OutDialingCreate")
        self.list("OutDialingShow", "OutDialingEntry")
        summary = self.list("OutDialingSummary", "OutDialingSummary")
        same("entries of OutDialingSummary", 1, len(summary))
        ended = {"Event": "OutCampaignUpdate", "Uuid": campaign, "Status": "0"}
        self.wait(lambda e: ended.items() <= e.items())
        statuses = [e["Status"] for e in self.seen[first:] if e["Event"] == "OutCampaignUpdate"]
        same("statuses of the campaign", ["11", "1", "10", "0"], statuses)
        leads = [e["DlListUuid"] for e in self.seen if e["Event"] == "OutDialingCreate"]
        same("leads that were called, each once", sorted(made["leads"]), sorted(leads))
        for event in [e for e in self.seen if e["Event"] == "OutDialingCreate"]:
            self.dialing(event)

    def dialing(self, created):
        own = [e for e in self.seen if e["Event"].startswith("OutDialing") and e["Uuid"] == created["Uuid"]]
        names = [e["Event"].removeprefix("OutDialing") for e in own]
        updates = max(1, len(names) - 2)
        same(f"events of {created['DialAddr']}", ["Create"] + ["Update"] * updates + ["Delete"], names)
        statuses = [int(e["Status"]) for e in own[:-1]]
        same(f"statuses of {created['DialAddr']}", sorted(statuses), statuses)
        ended = CALLEES[created["DialAddr"]]
        same(f"end of {created['DialAddr']}", ended, (own[-2]["ResDial"], own[-2]["ResHangup"]))

    def show(self, made):
        for resource in ("Campaign", "Plan", "Dlma", "Destination"):
            entries = self.list(f"Out{resource}Show", f"Out{resource}Entry")
            same(f"{resource} entries", [made[resource]], [entry["Uuid"] for entry in entries])
        leads = self.list("OutDlListShow", "OutDlListEntry", DlmaUuid=made["Dlma"], Count="10")
        same("Dl List entries", sorted(made["leads"]), sorted(entry["Uuid"] for entry in leads))
        for lead in leads:
            result = (lead["Status"], lead["TryCnt1"], (lead["ResDial"], lead["ResHangup"]))
            same(f"lead {lead['Number1']}", ("0", "1", CALLEES[lead["Number1"]]), result)
        same("dialings at the end", 0, len(self.list("OutDialingShow", "OutDialingEntry")))

    def update(self, made):
        for resource in ("Campaign", "Plan", "DlList", "Dlma", "Destination"):
            uuid = made[resource]
            self.act(f"Out{resource}Update", Uuid=uuid, Name="changed", Detail="")
            event = self.wait(lambda e: e["Event"] == f"Out{resource}Update" and e["Name"] == "changed")
            (entry,) = self.list(f"Out{resource}Show", f"Out{resource}Entry", Uuid=uuid)
            for message in (event, entry):
                shown = (message["Uuid"], message["Name"], message["Detail"])
                same(f"changed {resource}", (uuid, "changed", "<unknown>"), shown)

    def delete(self, made):
        for resource in ("Campaign", "Plan", "DlList", "Dlma", "Destination"):
            uuid = made[resource]
            self.act(f"Out{resource}Delete", Uuid=uuid)
            self.wait(lambda e: e["Event"] == f"Out{resource}Delete" and e["Uuid"] == uuid)
            if resource == "DlList":
                same("shown when it is gone", 0, len(self.list("OutDlListShow", "OutDlListEntry", Uuid=uuid)))
            else:
                self.refused(f"Out{resource}Show", Uuid=uuid)
            self.refused(f"Out{resource}Delete", Uuid=uuid)

    # One action

    def created(self, resource, **headers):
        self.act(f"Out{resource}Create", **headers)
        return self.wait(lambda e: e["Event"] == f"Out{resource}Create" and self.seen[-1] is e)["Uuid"]

    def act(self, action, **headers):
        (response,) = self.library.call({"Action": action, **headers})
        shown = (response["Response"], response["Message"])
        same(f"reply to {action} {headers}", ("Success", REPLIES[action][0]), shown)

    def refused(self, action, **headers):
        (response,) = self.library.call({"Action": action, **headers})
        text, _, _reason = response["Message"].partition(" - ")
        same(f"reply to {action} {headers}", ("Error", REPLIES[action][1]), (response["Response"], text))

    def list(self, action, entry, **headers):
        response, *entries, end = self.library.call({"Action": action, **headers})
        shown = (response["Response"], response["EventList"], response["Message"])
        same(f"reply to {action}", ("Success", "start", REPLIES[action][0]), shown)
        shown = (end["EventList"], end["ListItems"])
        same(f"end of {action}", ("Complete", str(len(entries))), shown)
        for message in entries:
            same(f"entry of {action}", entry, message["Event"])
            same(f"ActionID in {action}", response["ActionID"], message["ActionID"])
            names = [name for name in message if name not in ("Event", "ActionID")]
            same(f"fields of {entry}", EVENTS[entry], names)
        return entries

    def wait(self, fits):
        """The next event that fits. Each event on the way is checked and kept."""
        deadline = time.monotonic() + EVENT_PATIENCE_S
        while True:
            try:
                event = self.library.events.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                last = [(e["Event"], e.get("Status")) for e in self.seen[-5:]]
                raise Different(f"an event did not come; the last were {last}") from None
            if not event["Event"].startswith("Out"):
                continue
            self.seen.append(event)
            same("fields of " + event["Event"], ["Event", "Privilege", *EVENTS[event["Event"]]], list(event))
            if fits(event):
                return event


def same(what, expected, got):
    if expected != got:
        raise Different(f"{what}\n  expected {expected!r}\n  got      {got!r}")
