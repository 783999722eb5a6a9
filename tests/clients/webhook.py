"""Receives webhooks and checks them with the PyPI package standardwebhooks: webhook.py FOLDER. Prints its port.

What it knows of /NAME is in FOLDER/NAME.json: the secrets to check with, and the answers to give, the last of them from then on. Each
request is a line of FOLDER/NAME.log: its webhook-id, the answer, which of the secrets it verifies with, its body."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

folder = Path(sys.argv[1])
lock = threading.Lock()
answered = {}


def verifies(secret, body, headers):
    try:
        return Webhook(secret).verify(body, headers) == json.loads(body)
    except WebhookVerificationError:
        return False


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        name = self.path.split("?")[0].strip("/")
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        known = json.loads((folder / f"{name}.json").read_text())
        headers = {key.lower(): value for key, value in self.headers.items()}
        with lock:
            number = answered[name] = answered.get(name, 0) + 1
            status = known["answers"][min(number, len(known["answers"])) - 1]
            line = {
                "id": headers["webhook-id"],
                "status": status,
                "verified": [verifies(secret, body, headers) for secret in known["secrets"]],
                "body": json.loads(body),
            }
            with (folder / f"{name}.log").open("a") as log:
                log.write(json.dumps(line, ensure_ascii=False) + "\n")
        answer = b"x" * 1_000_000  # nobody wants to read that
        try:
            self.send_response(status)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            self.close_connection = True

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
