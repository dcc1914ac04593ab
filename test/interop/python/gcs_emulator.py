"""gcs_emulator.py: what stands in for Google Cloud Storage, on a free port of 127.0.0.1; the port is the line it prints."""

import sys
import threading

from gcp_storage_emulator.server import create_server

server = create_server("127.0.0.1", 0, in_memory=True)
server.start()
print(server._api._httpd.server_address[1], flush=True)
sys.stdin.read()
server.stop()
