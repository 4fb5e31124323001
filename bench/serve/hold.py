"""hold.py PORT IDLE SLOW SECONDS: keeps so many connections open that say nothing, and so many that send a request a byte a
second; prints how many of them stood to the end."""
import socket
import sys
import time

port, idle, slow, seconds = map(int, sys.argv[1:])
connect = lambda: socket.create_connection(("127.0.0.1", port))
silent, slowly = [connect() for _ in range(idle)], [connect() for _ in range(slow)]
line = b"GET /v1/recommendations?user=1 HTTP/1.1\r\nHost: localhost\r\n" + b"X-Slow: " + b"x" * 1000
stood = slow
for second in range(seconds):
    for s in slowly:
        try:
            s.send(line[second : second + 1])
        except OSError:
            stood -= 1
    time.sleep(1)
print(f"{len(silent)} silent and {stood} of {slow} slow connections to the end")
