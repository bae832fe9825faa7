"""The contract against the daemon over plain sockets: `contract.py HOST PORT`.

Every event and list entry is compared with the contract's field names, order and value formats, every reply with its
table of texts; each resource is created, shown, updated, deleted and shown again, as the first implementation's clients
do. A campaign then runs to its end, for the events of its dialings.
"""

import re
import socket
import sys
import time

import fields

EVENTS = fields.events()
REPLIES = fields.replies()
ENTRIES = {
    "OutCampaignShow": "OutCampaignEntry",
    "OutCampaignStatShow": "OutCampaignStatEntry",
    "OutPlanShow": "OutPlanEntry",
    "OutDlmaShow": "OutDlmaEntry",
    "OutDlListShow": "OutDlListEntry",
    "OutDestinationShow": "OutDestinationEntry",
    "OutDialingShow": "OutDialingEntry",
    "OutDialingSummary": "OutDialingSummary",
    "OutQueueShow": "OutQueueEntry",
}
COMPLETE = {"OutDlListShow": "OutDlListComplete", "OutDialingSummary": "OutSummaryListComplete"}

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NOBODY = "00000000-0000-4000-8000-000000000000"
MICROS = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"
NANOS = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"
INTEGER, TEXT, NULL = r"-?\d+", r"[^\r\n\0]+", "<unknown>"
# What a value looks like, by its name; the last that fits counts. `or null` where <unknown> may stand.
FORMATS = [
    (r".*", TEXT),
    (r"Uuid|CampUuid|PlanUuid|DlmaUuid|DlListUuid", UUID),
    (r"DlTable", r"[0-9a-f]{32}"),
    (r"Plan|Dlma|Dest|DestUuid|NextCampaign|DialingUuid|DialingCampUuid|DialingPlanUuid", f"{UUID}|{NULL}"),
    (r"DialMode|DialTimeout|AnswerHandle|DlEndHandle|RetryDelay|AmdMode|MaxRetryCnt\d|ServiceLevel", INTEGER),
    (r"ScMode|Type|DialIndex|DialTryCnt|DialType|ResDial|ResHangup|TryCnt\d|Count|Dl\w+Count", r"\d+"),
    (r"Priority", rf"\d+|{NULL}"),
    (r"Variable", rf"\w+=.*|{NULL}"),
    (r"CurrentQueue|CurrentAgent", rf"<null>|(?!{NULL}){TEXT}"),
    (r"TmCreate", MICROS),
    (r"TmUpdate", f"{MICROS}|{NULL}"),
    (r"TmDelete", NULL),
]
STATUSES = {
    "Campaign": r"0|1|2|10|11|12|30",
    "DlList": r"[012]",
    "Dialing": r"[0-6]|10",
}

PATIENCE_S = 20


class Different(Exception):
    """What is not as the contract says."""


class Session:
    """One connection: messages as lists of (name, value)."""

    def __init__(self, address, user="admin"):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.rest, self.ids = b"", 0
        greeting = self.until(b"\r\n")
        same("greeting", True, greeting.startswith(b"Asterisk Call Manager/"))
        response = self.ask([("Action", "Login"), ("Username", user), ("Secret", "outbound")])
        same("reply to Login", [("Response", "Success"), ("Message", "Authentication accepted")], response)
        same("event of Login", "FullyBooted", dict(self.read())["Event"])

    def until(self, end):
        while end not in self.rest:
            got = self.socket.recv(65536)
            if not got:
                raise Different(f"closed by the daemon after {self.rest[-200:]!r}")
            self.rest += got
        block, _, self.rest = self.rest.partition(end)
        return block

    def read(self):
        """The next block. Its octets are checked: `Name: value`, and nothing else."""
        block = self.until(b"\r\n\r\n").decode()
        headers = []
        for line in block.split("\r\n"):
            found = re.fullmatch(r"([A-Za-z0-9]+): ([^\r\n\0]*)", line)
            if not found:
                raise Different(f"a line that is no header: {line!r} in {block!r}")
            headers.append(found.groups())
        return headers

    def send(self, headers):
        text = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.socket.sendall(text.encode() + b"\r\n")

    def ask(self, headers):
        """Sends an action; the very next block must be its response."""
        self.send(headers)
        response = self.read()
        same(f"first block after {headers}", "Response", response[0][0])
        return response

    def act(self, action, *headers, error=None):
        """An action with an ActionID; its reply must be the table's: a success, or an error with this reason."""
        self.ids += 1
        action_id = f"{action}-{self.ids}"
        response = self.ask([("Action", action), ("ActionID", action_id), *headers])
        success, failure = REPLIES[action]
        if error is None:
            expected = [("Response", "Success"), ("ActionID", action_id), ("Message", success)]
            same(f"reply to {action} {headers}", expected, response)
            return
        same(f"head of the reply to {action} {headers}", [("Response", "Error"), ("ActionID", action_id)], response[:2])
        name, text = response[2]
        fits = name == "Message" and text.startswith(failure) and re.fullmatch(rf"( - .*{error}.*)?", text[len(failure):])
        if len(response) != 3 or not fits:
            raise Different(f"reply to {action} {headers}: expected {failure!r} and a reason with {error!r}, got {response}")

    def change(self, action, *headers):
        """A change that must be done; returns its event, which must be the next block."""
        self.act(action, *headers)
        return self.event(action)

    def event(self, name):
        event = self.read()
        same("event", ("Event", name), event[0])
        check_event(event)
        return event

    def list(self, action, *headers):
        """A list that must be there; returns its entries."""
        self.ids += 1
        action_id = f"{action}-{self.ids}"
        response = self.ask([("Action", action), ("ActionID", action_id), *headers])
        head = [("Response", "Success"), ("ActionID", action_id), ("EventList", "start"), ("Message", REPLIES[action][0])]
        same(f"reply to {action} {headers}", head, response)
        entries = []
        while True:
            block = self.read()
            if block[0][1] != ENTRIES[action]:
                break
            same(f"entry of {action}", [("Event", ENTRIES[action]), ("ActionID", action_id)], block[:2])
            check_fields(ENTRIES[action], block[2:])
            entries.append(dict(block[2:]))
        end = COMPLETE.get(action, ENTRIES[action].replace("Entry", "ListComplete"))
        expected = [("Event", end), ("ActionID", action_id), ("EventList", "Complete"), ("ListItems", str(len(entries)))]
        same(f"end of {action} {headers}", expected, block)
        return entries


class Checks:
    def __init__(self, address):
        self.address = address
        self.actor, self.other = Session(address), Session(address)
        self.blocks = 0
        listed = dict(self.actor.ask([("Action", "ListCommands")]))
        self.answered = [action for action in REPLIES if action in listed]

    def run(self):
        self.action_ids()
        self.unknown()
        self.permission()
        made = {}
        for resource, first, change in RESOURCES:
            if f"Out{resource}Create" in self.answered:
                first = [(name, made.get(value, value)) for name, value in first]
                made[resource] = self.create_and_update(resource, first, change)
        self.defaults()
        self.campaign()
        for resource in ("Campaign", "Plan", "DlList", "Dlma", "Destination", "Queue"):
            if resource in made:
                self.delete(resource, made[resource])
        missing = sorted(set(REPLIES) - set(self.answered))
        same("actions that are not answered", [], missing)
        return f"{self.blocks} events, {len(self.answered)} actions"

    def change(self, action, *headers):
        """A change, whose event both connections see the same."""
        event = self.actor.change(action, *headers)
        self.seen_by_other(event)
        return event

    def seen_by_other(self, event):
        same(f"{event[0][1]} on the other connection", event, self.other.read())
        self.blocks += 1

    def action_ids(self):
        """No ActionID, none in the answer; names of headers in any case."""
        response = self.actor.ask([("aCTION", "ping")])
        same("Ping without ActionID", ["Response", "Ping", "Timestamp"], [name for name, _ in response])
        response = self.actor.ask([("ACTION", "PING"), ("actionid", "a b:c")])
        same("Ping with ActionID", ("ActionID", "a b:c"), response[1])
        response = self.actor.ask([("Action", "OutPlanShow"), ("Uuid", NOBODY)])
        same("a refusal without ActionID", [("Response", "Error"), ("Message", REPLIES["OutPlanShow"][1])], response)

    def unknown(self):
        """Uuids that nobody has, and values that are none."""
        for resource in ("Campaign", "Plan", "Dlma", "Destination", "DlList", "Queue"):
            for verb in ("Update", "Delete"):
                action = f"Out{resource}{verb}"
                if action in self.answered:
                    self.actor.act(action, ("Uuid", NOBODY), error="no such")
                    self.actor.act(action, ("Uuid", "x"), error="")
                    self.actor.act(action, error="")
        for action in ENTRIES:
            if action in self.answered and action not in ("OutDlListShow", "OutDialingSummary"):
                self.actor.act(action, ("Uuid", NOBODY), error="")
                same(f"{action} while there is none", [], self.actor.list(action))
        same("OutDlListShow of nobody", [], self.actor.list("OutDlListShow", ("Uuid", NOBODY)))
        self.actor.act("OutDlListCreate", ("DlmaUuid", NOBODY), error="no such dlma")
        self.actor.act("OutCampaignCreate", ("Plan", NOBODY), error="no such plan")
        self.actor.act("OutCampaignCreate", ("Dlma", NOBODY), error="no such dlma")
        self.actor.act("OutPlanCreate", ("DialTimeout", "soon"), error="DialTimeout")
        self.actor.act("OutPlanCreate", ("DialMode", "99"), error="DialMode")
        self.actor.act("OutDlmaCreate", ("Name", "a\rb"), error="Name")

    def permission(self):
        """Without write class `command` nothing is done; the events come all the same."""
        viewer = Session(self.address, "viewer")
        for action in self.answered:
            response = viewer.ask([("Action", action), ("ActionID", "1")])
            denied = [("Response", "Error"), ("ActionID", "1"), ("Message", "Permission denied")]
            same(f"{action} by one who may not", denied, response)
        event = self.change("OutDlmaCreate", ("Name", "seen by the viewer"))
        same("event of one who may not act", event, viewer.read())
        self.change("OutDlmaDelete", event[2])
        viewer.socket.close()

    def create_and_update(self, resource, first, change):
        show = f"Out{resource}Show"
        created = self.change(f"Out{resource}Create", *first)
        # A queue's events have no stamps.
        stamped = resource != "Queue"
        has(created, first + ([("TmUpdate", NULL)] if stamped else []))
        uuid = dict(created)["Uuid"]
        self.shown(show, uuid, created)
        updated = self.change(f"Out{resource}Update", ("Uuid", uuid), *change)
        # What is not named stays; what is named and empty is null.
        stays = [(name, value) for name, value in created[2:] if name not in dict(change) and name != "TmUpdate"]
        changes = [(name, value or NULL) for name, value in change]
        has(updated, stays + changes)
        same(f"TmUpdate of {resource}", True, not stamped or dict(updated).get("TmUpdate", "") != NULL)
        self.shown(show, uuid, updated)
        return uuid

    def shown(self, show, uuid, event):
        (entry,) = self.actor.list(show, ("Uuid", uuid))
        expected = {name: value for name, value in event if name not in ("Event", "Privilege")}
        same(f"entry of {show}", expected, entry)
        same(f"{show} of all", [entry], [one for one in self.actor.list(show) if one["Uuid"] == uuid])

    def defaults(self):
        """A plan without headers has the contract's defaults, which are those of its example."""
        plan = self.change("OutPlanCreate")
        expected = [("DialMode", "0"), ("DialTimeout", "30000"), ("CallerId", NULL), ("AnswerHandle", "0")]
        expected += [("DlEndHandle", "1"), ("RetryDelay", "50000"), ("AmdMode", "0"), ("ServiceLevel", "0")]
        expected += [(f"MaxRetryCnt{n}", "5") for n in range(1, 9)] + [("Name", NULL), ("Variable", NULL)]
        has(plan, expected)
        update = [("Uuid", dict(plan)["Uuid"]), ("MaxRetry1", "2"), ("maxretrycnt2", "3")]
        has(self.change("OutPlanUpdate", *update), [("MaxRetryCnt1", "2"), ("MaxRetryCnt2", "3")])
        twice = [("Uuid", dict(plan)["Uuid"]), ("Variable", "a=1"), ("Variable", "b=2")]
        updated = self.change("OutPlanUpdate", *twice)
        same("two variables", ["a=1", "b=2"], [value for name, value in updated if name == "Variable"])
        self.change("OutPlanDelete", ("Uuid", dict(plan)["Uuid"]))

    def campaign(self):
        """A campaign to its end: 11, 1, the events of each dialing, 10, 0."""
        headers = [("DialMode", "6"), ("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "sales")]
        plan = self.uuid_of("OutPlanCreate", *headers, ("DialTimeout", "3000"), ("MaxRetryCnt1", "1"))
        dlma = self.uuid_of("OutDlmaCreate")
        for number in ("1600001", "2100002", "4000004"):
            self.uuid_of("OutDlListCreate", ("DlmaUuid", dlma), ("Number1", number))
        campaign = self.uuid_of("OutCampaignCreate", ("Plan", plan), ("Dlma", dlma))
        self.actor.act("OutCampaignUpdate", ("Uuid", campaign), ("Status", "1"))
        statuses, dialings, deadline = [], {}, time.monotonic() + PATIENCE_S
        while statuses[-1:] != ["0"]:
            if time.monotonic() > deadline:
                raise Different(f"the campaign does not end; its statuses were {statuses}")
            event = self.actor.read()
            check_event(event)
            self.seen_by_other(event)
            name, row = event[0][1], dict(event)
            if name == "OutCampaignUpdate":
                statuses.append(row["Status"])
            elif name.startswith("OutDialing"):
                dialings.setdefault(row["Uuid"], []).append((name, row))
        same("statuses of the campaign", ["11", "1", "10", "0"], statuses)
        same("dialings", 3, len(dialings))
        for events in dialings.values():
            self.dialing(events, campaign, plan, dlma)
        for action, uuid in (("Campaign", campaign), ("Plan", plan), ("Dlma", dlma)):
            self.change(f"Out{action}Delete", ("Uuid", uuid))

    def dialing(self, events, campaign, plan, dlma):
        names = [name for name, _ in events]
        expected = ["OutDialingCreate"] + ["OutDialingUpdate"] * (len(names) - 2) + ["OutDialingDelete"]
        same("events of a dialing", expected, names)
        rows = [row for _, row in events[:-1]]
        statuses = [int(row["Status"]) for row in rows]
        same("statuses of a dialing", sorted(statuses), statuses)
        fixed = ("CampUuid", "PlanUuid", "DlmaUuid", "DialIndex", "DialTryCnt", "DialExten", "DialContext", "DialChannel")
        for row in rows:
            number = row["DialAddr"]
            values = (campaign, plan, dlma, "1", "1", plan, "res_outbound", f"Local/{number}@pstn/n")
            same("what stays of a dialing", dict(zip(fixed, values)), {name: row[name] for name in fixed})

    def uuid_of(self, action, *headers):
        return dict(self.change(action, *headers))["Uuid"]

    def delete(self, resource, uuid):
        show = f"Out{resource}Show"
        event = self.change(f"Out{resource}Delete", ("Uuid", uuid))
        same(f"Out{resource}Delete", uuid, dict(event)["Uuid"])
        if resource == "DlList":
            same(f"{show} of one that is gone", [], self.actor.list(show, ("Uuid", uuid)))
        else:
            self.actor.act(show, ("Uuid", uuid), error="")
        same(f"{show} of all", [], [one for one in self.actor.list(show) if one["Uuid"] == uuid])
        self.actor.act(f"Out{resource}Update", ("Uuid", uuid), ("Name", "x"), error="no such")
        self.actor.act(f"Out{resource}Delete", ("Uuid", uuid), error="no such")


# Each resource: headers of its Create (a value that names a resource above it is that one's uuid) and of its Update.
RESOURCES = [
    (
        "Plan",
        [("Name", "TestPlan"), ("Detail", "TestDetail"), ("CallerId", "0301234"), ("TrunkName", "trunk_test_1")]
        + [("TechName", "SIP"), ("QueueName", "sales"), ("UuiField", "X-Uui"), ("Variable", "a=b=c"), ("AmdMode", "5")],
        [("Detail", "Change"), ("CallerId", ""), ("TrunkName", ""), ("TechName", ""), ("QueueName", ""), ("UuiField", "")],
    ),
    ("Dlma", [("Name", "8e6a4214"), ("Detail", "TestDetail"), ("Variable", "a=")], [("Detail", "Change"), ("Name", "")]),
    (
        "DlList",
        [("DlmaUuid", "Dlma"), ("Name", "N"), ("Detail", "TestDetail"), ("UKey", "k"), ("UData", "d"), ("Email", "a@b.c")]
        + [(f"Number{n}", f"111-111-000{n}") for n in range(1, 9)],
        [("Detail", ""), ("UKey", ""), ("UData", ""), ("Email", ""), ("Number2", ""), ("Number8", "+49 30 1"), ("Name", "M")],
    ),
    (
        "Destination",
        [("Name", "N"), ("Detail", "TestDetail"), ("Type", "0"), ("Exten", "100"), ("Context", "default"), ("Priority", "1")]
        + [("Variable", "a=b")],
        [("Type", "1"), ("Application", "Queue"), ("Data", "sales"), ("Exten", ""), ("Context", ""), ("Priority", "")],
    ),
    ("Queue", [("Name", "sales"), ("Detail", "TestDetail")], [("Detail", "Change")]),
    (
        "Campaign",
        [("Name", "1009c510"), ("Detail", "TestDetail"), ("Plan", "Plan"), ("Dlma", "Dlma"), ("Dest", "Destination")]
        + [("ScMode", "1"), ("ScTimeStart", "08:00:00"), ("ScTimeEnd", "20:00:00"), ("ScDateStart", "2026-01-01")]
        + [("ScDateEnd", "2026-12-31"), ("ScDateList", "2026-02-01,2026-02-02"), ("ScDateListExcept", "2026-12-24")]
        + [("ScDayList", "1,2,3")],
        [("Detail", "Change"), ("ScMode", "0"), ("ScTimeStart", ""), ("ScTimeEnd", ""), ("ScDateStart", "")]
        + [("ScDateEnd", ""), ("ScDateList", ""), ("ScDateListExcept", ""), ("ScDayList", ""), ("Dest", ""), ("Plan", "")],
    ),
]


def check_event(event):
    name = event[0][1]
    same(f"head of {name}", [("Event", name), ("Privilege", "message,all")], event[:2])
    check_fields(name, event[2:])


def check_fields(name, got):
    if name not in EVENTS:
        # The contract has no list of the fields of OutQueueCreate: they are those of its entry.
        expected = EVENTS["OutQueueEntry"]
        got_names = [field for field, _ in got if field in expected]
    else:
        expected = EVENTS[name]
        # A header that repeats has one place.
        got_names = [field for at, (field, _) in enumerate(got) if at == 0 or field != got[at - 1][0] or field != "Variable"]
    same(f"fields of {name}", expected, got_names)
    resource = re.match(r"Out(\w+?)(Create|Update|Delete|Entry|Summary)?$", name)[1]
    for field, value in got:
        form = [form for pattern, form in FORMATS if re.fullmatch(pattern, field)][-1]
        if field == "Status":
            form = STATUSES.get(resource, INTEGER)
        if resource == "Dialing":
            form = form.replace(MICROS, NANOS)
        if not re.fullmatch(form, value):
            raise Different(f"{name}: {field}: {value!r} is not {form}")


def has(event, expected):
    """Each of these headers stands in the event."""
    for name, value in expected:
        values = [given for field, given in event if field == name]
        if value not in values:
            raise Different(f"{event[0][1]}: {name} is {values}, expected {value!r}")


def same(what, expected, got):
    if expected != got:
        raise Different(f"{what}\n  expected {expected!r}\n  got      {got!r}")


if __name__ == "__main__":
    try:
        print(f"OK contract: {Checks((sys.argv[1], int(sys.argv[2]))).run()}")
    except Different as different:
        sys.exit(f"FAILED contract: {different}")
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"FAILED contract: {error!r}")
