#!/usr/bin/env python3
# pulsewire: every=10s timeout=8s unit=ms
"""Time to open a TCP connection to some services, every 10 seconds.

Gives tcp_connect_ms{target="host:port"} and tcp_connect_up{target="host:port"}, which is 1 when the
service answered and 0 when it did not. Put your own services into TARGETS.
"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

TARGETS = ["localhost:22"]
TIMEOUT_S = 5


def connect_ms(target):
    """Milliseconds, or None when the service does not answer."""
    host, port = target.rsplit(":", 1)
    started = time.monotonic()
    try:
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S):
            return (time.monotonic() - started) * 1000
    except OSError:
        return None


with ThreadPoolExecutor(max_workers=len(TARGETS)) as pool:
    results = list(pool.map(connect_ms, TARGETS))

print("# UNIT tcp_connect_up 1")
for target, elapsed_ms in zip(TARGETS, results):
    print(f'tcp_connect_up{{target="{target}"}} {0 if elapsed_ms is None else 1}')
    if elapsed_ms is not None:
        print(f'tcp_connect_ms{{target="{target}"}} {elapsed_ms:.3f}')
