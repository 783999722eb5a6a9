"""Takes mail with the PyPI package aiosmtpd: mail.py FOLDER. Prints its port.

While FOLDER/busy is there, every message is answered with 451. Each message is a line of FOLDER/mail.log: the answer, sender and
recipients of the envelope, and what the standard library reads of the message."""

import json
import socket
import sys
import threading
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller

folder = Path(sys.argv[1])


class Sink:
    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        busy = (folder / "busy").exists()
        line = {
            "taken": not busy,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "body": message.get_content(),
        }
        with (folder / "mail.log").open("a") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
        return "451 4.3.0 try again" if busy else "250 2.0.0 taken"


# It says hello to itself when it has started, so it has to know its port before.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Sink(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
threading.Event().wait()
