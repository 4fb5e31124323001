"""reasons.py URL RECS CLIENTS: has each recommendation explained by POST /v1/explanations, so many clients at once."""
import concurrent.futures
import json
import sys
import time
import urllib.request

url, recs, clients = sys.argv[1], sys.argv[2], int(sys.argv[3])
asked = [{k: json.loads(line)[k] for k in ("user", "item")} for line in open(recs)]


def explain(one):
    request = urllib.request.Request(url + "/v1/explanations", json.dumps(one).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["outcome"]


begun = time.time()
with concurrent.futures.ThreadPoolExecutor(clients) as pool:
    outcomes = list(pool.map(explain, asked))
seconds = time.time() - begun
print(f"{len(outcomes)} explanations in {seconds:.1f} s ({len(outcomes) / seconds:.1f} a second), "
      f"{outcomes.count('passed')} passed")
