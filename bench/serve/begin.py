#!/usr/bin/env python3
"""How long `llmxrec serve` takes from its start until it answers, and then its first list: medians of five, in seconds.
Of several programs, such as an older one, in turns.

    bench/serve/begin.py RUN [PROGRAM]...
"""
import http.client
import socket
import statistics
import subprocess
import sys
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status}")
    return body


def begin(program, run, user):
    port, start = free_port(), time.monotonic()
    server = subprocess.Popen([program, "serve", "--run", run, "--port", str(port)], stderr=subprocess.DEVNULL)
    while True:
        try:
            ask(port, "/healthz")
            break
        except ConnectionRefusedError:
            if server.poll() is not None:
                sys.exit(f"{program} serve --run {run} ended")
            time.sleep(0.001)
    begun = time.monotonic()
    ask(port, f"/v1/recommendations?user={user}")
    listed = time.monotonic()
    server.terminate()
    server.wait()
    return begun - start, listed - begun


def main():
    run, programs = sys.argv[1], sys.argv[2:] or ["build/llmxrec"]
    with open(f"{run}/users.tsv") as users:
        user = users.read().split("\n")[1].split("\t")[1]
    times = {program: [] for program in programs}
    for _ in range(5):
        for program in programs:
            times[program].append(begin(program, run, user))
    for program, of in times.items():
        print(f"{program}: answers after {statistics.median(t[0] for t in of):.3f}, "
              f"first list in {statistics.median(t[1] for t in of):.3f} more")


main()
