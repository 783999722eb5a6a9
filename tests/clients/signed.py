"""Hands over a file that is signed by RFC 9421, with the library http-message-signatures.

python3 signed.py SERVER TOKEN KEY KEY-ID FILE WAY DEFECT KIND CLASS

WAY is "request" (POST /v1/evidence) or "upload" (tus). DEFECT is what is done wrong: "none", "body" (other bytes than those signed),
"query" (another claim than the one signed), "old" (signed an hour ago) or "few" (the digest is not covered).
Prints the status and the answer as JSON.
"""

import base64
import datetime
import hashlib
import json
import pathlib
import sys

import requests
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

server, token, key, key_id, file, way, defect, kind, class_ = sys.argv[1:]
body = pathlib.Path(file).read_bytes()
digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
claim = {"kind": kind, "class": class_, "filename": pathlib.Path(file).name}


class Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id):
        return pathlib.Path(key).read_bytes()


def signed(request, covered, body=None):
    """Of a body the library makes Content-Digest, and covers it."""
    message = request.prepare()
    created = datetime.datetime.now() - datetime.timedelta(hours=1 if defect == "old" else 0)
    if defect == "few":
        covered, body = [name for name in covered if not name.endswith("-digest")], None
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    signer.sign(message, key_id=key_id, created=created, covered_component_ids=covered, body=body)
    return message


session = requests.Session()
session.trust_env = False
headers = {"Authorization": f"Bearer {token}"}
if way == "request":
    headers |= {"Content-Type": "application/octet-stream"}
    request = requests.Request("POST", f"{server}/v1/evidence", params=claim, data=body, headers=headers)
    message = signed(request, ["@method", "@authority", "@path", "@query"], body)
    if defect == "body":
        message.body = body[:-1] + bytes([body[-1] ^ 1])
    if defect == "query":
        message.url = message.url.replace(f"kind={kind}", "kind=screenshot")
    answer = session.send(message)
else:
    headers |= {"Tus-Resumable": "1.0.0"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in claim.items())
    begin = headers | {"Repr-Digest": digest, "Upload-Metadata": metadata, "Upload-Length": str(len(body))}
    request = requests.Request("POST", f"{server}/v1/uploads", headers=begin)
    answer = session.send(signed(request, ["@method", "@target-uri", "repr-digest", "upload-metadata"]))
    if answer.status_code == 201:
        place = server + answer.headers["Location"]
        if defect == "body":
            body = body[:-1] + bytes([body[-1] ^ 1])
        rest = headers | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        answer = session.patch(place, data=body, headers=rest)
        if answer.status_code == 204:
            answer = session.get(place, headers=headers)
print(json.dumps({"status": answer.status_code, "body": answer.json()}))
