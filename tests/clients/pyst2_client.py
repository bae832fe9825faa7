"""The flow through pyst2 (threads)."""

import queue
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)

from asterisk.manager import Manager  # noqa: E402

import flow  # noqa: E402

ENTRY_PATIENCE_S = 20


class Pyst2:
    def __init__(self, host, port):
        self.events, self.entries = queue.Queue(), queue.Queue()
        self.manager = Manager()
        self.manager.connect(host, port)
        # Events that belong to an action carry its ActionID.
        self.manager.register_event("*", self.sort)
        response = self.manager.login("admin", "outbound")
        flow.same("reply to Login", "Success", response["Response"])

    def sort(self, event, _manager):
        (self.entries if event.has_header("ActionID") else self.events).put(dict(event.headers))

    def call(self, headers):
        answer = [dict(self.manager.send_action(dict(headers)).headers)]
        if answer[0].get("EventList") == "start":
            while answer[-1].get("EventList") != "Complete":
                answer.append(self.entries.get(timeout=ENTRY_PATIENCE_S))
        return answer


flow.main("pyst2", Pyst2)
