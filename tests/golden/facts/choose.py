#!/usr/bin/env python3
"""Facts of recommendations and the choice among them, by brute force and in few lines: what src/facts is held against.

    python3 tests/golden/facts/choose.py build/assets/ml-100k/ml-100k recs.jsonl ... >tests/golden/facts/ml-100k.jsonl

Takes 200 of the recommendations of all files, which `llmxrec recommend` wrote of runs on everything (--split-by none)."""
import collections, json, math, sys

Z, LEAST = 2.33, 10
BASE = dict(company=3.3, liked=3.5, shared=3.2, habit=3.2, reach=2.6, recent=2.9, not_shared=2.4, weight=2.6)
MOST = dict(company=1, liked=1, shared=2, habit=1, reach=1, recent=1, not_shared=1, weight=1)


class Data:
    def __init__(self, prefix):
        rows = [line.rstrip('\n').split('\t') for line in open(prefix + '.inter')][1:]
        self.history = collections.defaultdict(list)
        rating = {}
        for k, (user, item, stars, time) in enumerate(rows):
            self.history[user].append((float(time), k, item))
            rating[user, item] = float(stars)
        for user, taken in self.history.items():
            self.history[user] = [item for _, _, item in sorted(taken)]
        self.users, self.likers = collections.defaultdict(set), collections.defaultdict(set)
        stars = sorted(set(rating.values()))
        for (user, item), r in rating.items():
            self.users[item].add(user)
            if r >= stars[-1] - .25 * (stars[-1] - stars[0]):
                self.likers[item].add(user)
        rows = [line.rstrip('\n').split('\t') for line in open(prefix + '.item')]
        column = [name.split(':')[0] for name in rows[0]].index('class')
        self.values = {row[0]: row[column].split() for row in rows[1:]}
        self.holders = collections.Counter(v for values in self.values.values() for v in set(values))
        self.usual = sum(len(u) ** 2 for u in self.users.values()) / sum(len(u) for u in self.users.values())

    def share(self, value):
        return self.holders[value] / len(self.values)


def beyond_chance(m, n, p):
    p = p or 1 / 1000
    return -math.inf if p >= 1 else (m - .5 - n * p) / math.sqrt(n * p * (1 - p))


def company(d, user, item, items):
    group = set.intersection(*(d.users[i] for i in items)) - {user}
    n, m, p = len(group), len(group & d.users[item]), len(d.users[item] - {user}) / (len(d.history) - 1)
    if n >= LEAST and m >= 5 and beyond_chance(m, n, p) >= Z and m / n >= .08 \
            and m / n >= (1.25 if m / n >= .5 else 1.5) * p:
        yield dict(kind='company', items=items, n=n, m=m,
                   worth=min(math.log2(m / n / p), 2) * .15 + (m / n - .5) * .4)


def liked(d, user, item, a):
    group = (d.likers[a] & d.users[item]) - {user}
    n, m = len(group), len(group & d.likers[item])
    p = len(d.likers[item] - {user}) / max(len(d.users[item] - {user}), 1)
    if n >= LEAST and beyond_chance(m, n, p) >= Z and m / n >= .65:
        yield dict(kind='liked', items=[a], n=n, m=m, worth=m / n - .75)


def content(d, item, items):
    mine, theirs = d.values[item], [d.values[i] for i in items]
    both = [v for v in mine if all(v in values for values in theirs)]
    pair = len(items) == 2
    if both:
        yield dict(kind='shared', items=items, values=both,
                   worth=min(sum(-math.log(d.share(v)) for v in both), 4) * .1 - .1 + .1 * pair)
    elif mine and all(theirs) and not any(v in values for v in mine for values in theirs):
        yield dict(kind='not_shared', items=items, worth=.2 * pair)


def person(d, user, item, evidence):
    history = d.history[user]
    last = history[-20:]
    for value in d.values[item] if len(last) >= 5 else []:
        n, m = len(last), sum(value in d.values[i] for i in last)
        if m >= 3 and m / n >= .3 and beyond_chance(m, n, d.share(value)) >= 1.65:
            yield dict(kind='habit', items=[], values=[value], n=n, m=m, worth=m / n - .4)
    for a in evidence:
        if a in history[-3:]:
            n = history[::-1].index(a) + 1
            yield dict(kind='recent', items=[a], n=n, worth=.2 * (n == 1))
    m, n = len(d.users[item] - {user}), len(d.history) - 1
    few = m <= .1 * n and m <= .5 * d.usual
    if m >= LEAST and (few or m >= .25 * n):
        yield dict(kind='reach', items=[], n=n, m=m, worth=.4 if few else -.5)


def all_facts(d, user, item, evidence):
    ids = [i for i, _ in evidence]
    pairs = [[a, b] for k, a in enumerate(ids) for b in ids[k + 1:]]
    found = []
    if len(evidence) > 1 and evidence[0][1] >= 1.3 * evidence[1][1]:
        found.append(dict(kind='weight', items=[ids[0]], worth=0))
    for items in [[a] for a in ids] + pairs:
        found += company(d, user, item, items)
    for a in ids:
        found += liked(d, user, item, a)
    for items in [[a] for a in ids] + pairs:
        found += content(d, item, items)
    found += person(d, user, item, ids)
    for fact in found:
        fact['worth'] += BASE[fact['kind']]
    return found


def best_pair(found, evidence):
    def worth(pair):
        facts = [f['worth'] - 2 for f in found if f['items'] and set(f['items']) <= {i for i, _ in pair}
                 and f['kind'] not in ('not_shared', 'weight')]
        return sum(sorted(facts, reverse=True)[:4]) + 1.5 * sum(c / evidence[0][1] for _, c in pair)
    pairs = [(a, b) for k, a in enumerate(evidence) for b in evidence[k + 1:]] or [evidence[:1]]
    return [i for i, _ in max(pairs, key=worth)]


def choose_evidence(d, user, item, evidence):
    top = evidence[0][1]
    for candidates in [e for e in evidence if e[1] >= .6 * top][:4], evidence[:5]:
        found = all_facts(d, user, item, candidates)
        told = best_pair(found, candidates)
        reasons = [f for f in found if f['items'] and set(f['items']) <= set(told)
                   and f['kind'] not in ('not_shared', 'weight', 'recent')]
        if reasons:
            break
    spoken_of = [i for i in told if any(i in f['items'] for f in reasons)]
    return found, spoken_of or told


def chance(user, item, kind):
    h = 0xcbf29ce484222325
    for byte in f'{user}|{item}|{kind}'.encode():
        h = (h ^ byte) * 0x100000001b3 % 2 ** 64
    return (h >> 40) / 2 ** 24


def choose(d, user, item, evidence):
    found, told = choose_evidence(d, user, item, evidence)
    pool = [f for f in found if set(f['items']) <= set(told)]
    kinds = [f['kind'] for f in pool]
    differ = [f for f in pool if f['kind'] == 'not_shared' and len(f['items']) == len(told)]
    pool = [f for f in pool if f['kind'] != 'not_shared' or ('shared' not in kinds and (not differ or f in differ))]
    if sum(f['kind'] != 'weight' for f in pool) >= 2:
        pool = [f for f in pool if f['kind'] != 'weight']
    chosen = []
    for fact in sorted(pool, key=lambda f: -f['worth'] - chance(user, item, f['kind'])):
        same = [f for f in chosen if f['kind'] == fact['kind']]
        said = fact['kind'] == 'shared' and any(set(f['values']) & set(fact['values']) for f in same)
        if len(same) < MOST[fact['kind']] and not said and len(chosen) < 4:
            chosen.append(fact)
    return told, chosen


def main():
    d = Data(sys.argv[1])
    recs = [json.loads(line) for path in sys.argv[2:] for line in open(path)]
    for rec in recs[::len(recs) // 200][:200]:
        evidence = [(e['item'], e['contribution']) for e in rec['evidence']]
        told, chosen = choose(d, rec['user'], rec['item'], evidence)
        print(json.dumps(dict(user=rec['user'], item=rec['item'], evidence=rec['evidence'], told=told, facts=[
            {k: f[k] for k in ('kind', 'items', 'n', 'm', 'values') if k in f} for f in chosen]),
            separators=(',', ':')))


if __name__ == '__main__':
    main()
