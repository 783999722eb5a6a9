"""Uploads a file with tuspy: python3 tus.py ENDPOINT TOKEN FILE STORE METADATA-AS-JSON

A break is retried from where the server stands; the address is kept in STORE, so that the same command goes on with it.
Prints the address of the upload.
"""

import json
import sys
from urllib.parse import urlsplit

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

endpoint, token, file, store, metadata = sys.argv[1:]
client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
uploader = client.uploader(
    file,
    chunk_size=5 * 1024 * 1024,
    metadata=json.loads(metadata),
    retries=200,
    retry_delay=0.1,
    store_url=True,
    url_storage=FileStorage(store),
    upload_checksum=True,
)
uploader.upload()
print(urlsplit(uploader.url).path)
