#!/usr/bin/env python3
"""Reading interactions beside pandas' C reader, in turns: time, processor time, peak memory.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install pandas==2.1.4 numpy==1.26.4
    make && /tmp/venv/bin/python bench/read_pandas.py [LINES] [ROUNDS]

The file has random users (100,000, uneven), items (20,000, uneven) and times. pandas reads it as RecBole does: tokens
as str, times as float64 (read_csv), and numbers users and items (factorize). Ours is the whole process
`llmxrec data FILE`: reading, numbering, sorting into histories, splitting, and describing, so what is compared
is in pandas' favour. Ratios are of the medians."""
import os, statistics, subprocess, sys, tempfile, time

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
PANDAS = """
import sys, time, numpy, pandas
t, c = time.perf_counter(), time.process_time()
f = pandas.read_csv(sys.argv[1], sep="\\t", header=0, names=["u", "i", "t"], engine="c",
                    dtype={"u": str, "i": str, "t": numpy.float64})
r, rc = time.perf_counter(), time.process_time()
pandas.factorize(f.u), pandas.factorize(f.i)
print(r - t, rc - c, time.perf_counter() - t, time.process_time() - c)
"""


def write(path):
    import numpy
    g = numpy.random.default_rng(1)
    with open(path, "w") as f:
        f.write("user_id:token\titem_id:token\ttimestamp:float\n")
        for start in range(0, LINES, 500_000):
            n = min(500_000, LINES - start)
            u = (100_000 * g.random(n) ** 2).astype(int) + 1
            i = (20_000 * g.random(n) ** 3).astype(int) + 1
            t = g.integers(874724710, 893286638, n)
            f.write("".join(map("{}\t{}\t{}\n".format, u, i, t)))


def ours(path):
    t = time.perf_counter()
    p = subprocess.Popen(["build/llmxrec", "data", path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    assert status == 0
    return time.perf_counter() - t, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.inter")
        write(path)
        a, b = [], []
        for _ in range(ROUNDS):
            a.append(ours(path))
            b.append([float(x) for x in subprocess.check_output([sys.executable, "-c", PANDAS, path]).split()])
        m = lambda rows, k: statistics.median(r[k] for r in rows)
        print(f"{LINES:,} lines, median of {ROUNDS}            seconds   processor seconds")
        print(f"llmxrec data, whole process        {m(a, 0):10.2f} {m(a, 1):10.2f}   {m(a, 2) / LINES:.1f} bytes an interaction at most")
        print(f"pandas read_csv                    {m(b, 0):10.2f} {m(b, 1):10.2f}   {m(b, 0) / m(a, 0):.1f} x, {m(b, 1) / m(a, 1):.1f} x")
        print(f"pandas read_csv and factorize      {m(b, 2):10.2f} {m(b, 3):10.2f}   {m(b, 2) / m(a, 0):.1f} x, {m(b, 3) / m(a, 1):.1f} x")


main()
