"""The flow through panoramisk (asyncio)."""

import asyncio
import queue
import threading

from panoramisk import Manager

import flow

ANSWER_PATIENCE_S = 20


class Panoramisk:
    def __init__(self, host, port):
        self.events = queue.Queue()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.await_(self.log_in(host, port))

    async def log_in(self, host, port):
        self.manager = Manager(loop=self.loop, host=host, port=port, username="admin", secret="outbound")
        self.manager.register_event("Out*", lambda _, event: self.events.put(plain(event)))
        logged_in = self.loop.create_future()
        self.manager.on_login = lambda _: logged_in.set_result(None)
        await self.manager.connect()
        await logged_in

    def call(self, headers):
        return self.await_(self.send(headers))

    async def send(self, headers):
        answer = await self.manager.send_action(headers)
        return [plain(message) for message in (answer if isinstance(answer, list) else [answer])]

    def await_(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(ANSWER_PATIENCE_S)


def plain(message):
    """The library adds an empty `content` of its own."""
    return {name: value for name, value in message.items() if name != "content"}


flow.main("panoramisk", Panoramisk)
