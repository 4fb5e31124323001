/* claims.c - finding what a text says in numbers and of how many people: first the words that begin a claim (a number, "most",
 * "people who"), then which of them belong together ("47 of the 70"), then what is said of them. */
#include "gate/claims.h"

#include "gate/deeds.h"

#include <stdlib.h>
#include <string.h>

#define HEADS_MAX 64
#define RATED_WELL                                                                                 \
    4 /* "rated it 4 or more": that they liked it, on the scale that nearly all data has */
#define GAP_MAX 6 /* words between the two numbers of a pair: "9 of your very last" */

/* What begins a claim. */
struct head {
    struct span at;
    int value;          /* of a number; -1: none */
    enum share share;   /* where it is no number */
    struct ratio ratio; /* of SHARE_RATIO */
    struct span people; /* right behind, "of the other people"; empty: none */
    bool is_of;         /* "of the 70": others count among these */
    bool is_rest;       /* "all but 15" */
    bool is_last;       /* "your last 20" */
};

static bool is_any(struct span span)
{
    return span.end > span.first;
}

static bool is_people(const struct llmx_checker *c, int i)
{
    return i < c->words.n && c->mention_of[i] < 0 && checker_phrase(c, i, LIST_PEOPLE) > 0;
}

/* The people that words from i on speak of: "of the other people", "others", "of them", "who". */
static struct span people_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int first = i;
    i += word_in(w, i, "of among") ? 1 : 0;
    while (word_in(w, i, "the those these all other fellow more such different same"))
        i++;
    if (i >= w->n || (i > first && sentence_breaks(c, first)) || c->mention_of[i] >= 0)
        return (struct span){first, first};
    if (is_people(c, i))
        return (struct span){first, i + checker_phrase(c, i, LIST_PEOPLE)};
    if (word_in(w, i, "them who whom whove") || (i > first && word_is(w, i - 1, "those")))
        return (struct span){first, i + word_in(w, i, "them whom")};
    return (struct span){first, first};
}

static enum share share_named(const char *name)
{
    static const char *const names[] = {"",     "some", "few",    "many", "under",
                                        "half", "most", "nearly", "all",  "none"};
    for (int k = 1; k < (int)(sizeof names / sizeof *names); k++)
        if (strcmp(name, names[k]) == 0)
            return (enum share)k;
    return SHARE_UNSAID;
}

/* How many words at i say how many: "nearly all"; 0: none do. */
static int share_at(const struct llmx_checker *c, int i, enum share *share)
{
    const int n = checker_phrase(c, i, LIST_SHARES);
    char phrase[64];
    size_t used = 0;
    for (int k = i; k < i + n; k++) {
        const size_t size = c->words.word[k].n;
        if (used + size + 2 > sizeof phrase)
            return 0;
        if (k > i)
            phrase[used++] = ' ';
        memcpy(phrase + used, word_text(&c->words, k), size);
        used += size;
    }
    const struct list_entry *entry = n > 0 ? list_find(LIST_SHARES, phrase, used) : NULL;
    *share = entry ? share_named(entry->value) : SHARE_UNSAID;
    return entry ? n : 0;
}

/* May the people at word i be said to do something there? "people who", "viewers also watched". */
static bool people_act(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (i >= w->n || sentence_breaks(c, i))
        return false;
    return word_in(w, i, "who whove have has had also did do with like") ||
           checker_phrase(c, i, LIST_TAKING) > 0 || checker_phrase(c, i, LIST_LIKING) > 0 ||
           (word_in(w, i, "of") && i + 1 < w->n && c->mention_of[i + 1] >= 0);
}

/* "your last", "your most recent", "the last": what stands before a number of things that the customer took. */
static bool is_last_before(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return word_in(w, i - 1, "last latest recent past previous");
}

static bool is_of_before(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    int k = i - 1;
    while (
        word_in(w, k, "the those these its all other your last latest most recent past previous"))
        k--;
    return word_in(w, k, "of among in from") && !sentence_breaks(c, k + 1);
}

/* "all three", "those two", "the first two": no more than there are to point at. */
static bool is_pointer(const struct llmx_checker *c, const struct number *number)
{
    return number->value >= 2 && number->value <= 3 &&
           number->value <= c->given.told.n_evidence + 1 &&
           people_at(c, number->at.end).end <= number->at.end &&
           word_in(&c->words, number->at.first - 1, "all the these those first other");
}

/* A year, or a number that says how people rated: "4 or more". */
static bool is_no_count(const struct llmx_checker *c, const struct number *number)
{
    const struct passage *w = &c->words;
    const int i = number->at.first, next = number->at.end;
    bool is_decade;
    if (number->value == RATED_WELL && word_in(w, next, "or and") &&
        word_in(w, next + 1, "more higher better above up over"))
        return true;
    return is_pointer(c, number) || (checker_year_at(c, i, &is_decade) > 0 &&
                                     people_at(c, next).end <= next && !word_in(w, next, "of out"));
}

/* Quoted with other words it is of a title, which check_quotations.c judges: "Seven (Se7en)". */
static bool is_of_title(const struct llmx_checker *c, int i)
{
    const int quote = c->words.word[i].quote;
    return quote >= 0 && c->words.quotation[quote].n > 1;
}

/* Does a ratio that ends before word i say how many of something? "a third of", "two thirds have", "a third, 19 of 57". */
static bool is_counting(const struct llmx_checker *c, int i)
{
    return i >= c->words.n || word_in(&c->words, i, "of have has had did do are is who") ||
           is_set_apart(c, i) || sentence_breaks(c, i) || is_people(c, i);
}

/* "two thirds", "a quarter", "three in four", "one customer in five": how many words at i; 0: none. */
static int ratio_at(const struct llmx_checker *c, int i, struct ratio *ratio, struct span *people)
{
    const struct passage *w = &c->words;
    const struct number of = number_at(c, i);
    const bool is_one = word_in(w, i, "a one");
    ratio->of = is_one ? 1 : of.value;
    if (ratio->of < 1 || i + 1 >= w->n || sentence_breaks(c, i + 1))
        return 0;
    int at = is_one ? i + 1 : of.at.end;
    if (checker_on(c, at, LIST_FRACTIONS) && is_counting(c, at + 1)) {
        const char *word = word_text(w, at);
        ratio->in = (int)strtol(list_find(LIST_FRACTIONS, word, w->word[at].n)->value, NULL, 10);
        *people = people_at(c, at + 1);
        return at + 1 - i;
    }
    *people = people_at(c, at);
    at = people->end;
    const struct number in = number_at(c, at + 1);
    if (word_is(w, i, "a") || !word_is(w, at, "in") || in.value < 1 || sentence_breaks(c, at + 1))
        return 0;
    ratio->in = in.value;
    if (!is_any(*people))
        *people = people_at(c, in.at.end);
    return in.at.end - i;
}

/* "more than", "nearly" in front of a ratio. */
static int side_of(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_than = word_is(w, i - 1, "than");
    if ((is_than && word_is(w, i - 2, "more")) || word_is(w, i - 1, "over"))
        return RATIO_OVER;
    return (is_than && word_in(w, i - 2, "less fewer")) || word_in(w, i - 1, "under nearly almost")
               ? RATIO_UNDER
               : RATIO_ABOUT;
}

static bool ratio_head(const struct llmx_checker *c, int i, struct head *head)
{
    struct ratio ratio;
    struct span people;
    const int n = ratio_at(c, i, &ratio, &people);
    if (n == 0 || is_last_before(c, i + n - 1))
        return false;
    ratio.side = side_of(c, i);
    *head = (struct head){
        .at = {i, i + n}, .value = -1, .share = SHARE_RATIO, .ratio = ratio, .people = people};
    return true;
}

static bool is_bracketed(const struct llmx_checker *c, int i)
{
    const uint32_t start = c->words.word[i].start;
    return start > 0 && c->text[start - 1] == '(';
}

static bool number_head(const struct llmx_checker *c, int i, struct head *head)
{
    const struct number number = number_at(c, i);
    if (number.value < 0 || is_no_count(c, &number) || is_of_title(c, i))
        return false;
    const bool is_of_whom = word_in(&c->words, i - 1, "whom them") &&
                            word_in(&c->words, i - 2, "of among") &&
                            (word_is(&c->words, i - 1, "whom") || !is_bracketed(c, i));
    *head = (struct head){
        .at = number.at,
        .value = number.value,
        .people = is_of_whom ? (struct span){i - 2, i} : people_at(c, number.at.end),
        .is_of = is_of_before(c, i),
        .is_rest = word_is(&c->words, i - 1, "but") && word_is(&c->words, i - 2, "all"),
        .is_last = is_last_before(c, i)};
    return true;
}

/* "of the 84", "of your": what is counted stands behind, with its number. */
static bool is_of_counted(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "of among"))
        return false;
    for (i++; word_in(w, i, "the those these other its");)
        i++;
    return word_is(w, i, "your") || (number_at(c, i).value >= 0 && !is_set_apart(c, i));
}

static bool is_of_your(const struct llmx_checker *c, int i)
{
    return word_in(&c->words, i, "of among") && word_is(&c->words, i + 1, "your");
}

static bool share_head(const struct llmx_checker *c, int i, struct head *head)
{
    const struct passage *w = &c->words;
    enum share share;
    const int n = share_at(c, i, &share);
    struct span people = n > 0 ? people_at(c, i + n) : (struct span){i, i};
    if (n > 0 && people.end == people.first &&
        (is_people(c, i) || is_people(c, i + n - 1) ||
         (people_act(c, i + n) && !word_is(w, i + n, "of")) || word_in(w, i + n, "who")))
        people = (struct span){i, i + n};
    enum deed_kind kind;
    if (n > 0 && !is_any(people) && word_is(w, i - 1, "by") && deed_at(c, i - 2, &kind) > 0)
        people = (struct span){i, i + n}; /* "loved by many" */
    if (n > 0 && (is_any(people) || is_of_counted(c, i + n))) {
        *head = (struct head){.at = {i, i + n},
                              .value = -1,
                              .share = share,
                              .people = people,
                              .is_of = is_of_before(c, i)};
        return true;
    }
    const int m = is_people(c, i) ? checker_phrase(c, i, LIST_PEOPLE) : 0;
    if (m == 0 || !people_act(c, i + m) || word_in(w, i - 1, "a an your my"))
        return false;
    *head = (struct head){.at = {i, i + m}, .value = -1, .share = SHARE_SOME, .people = {i, i + m}};
    return true;
}

static int heads_find(const struct llmx_checker *c, struct head *heads)
{
    const bool is_known = claims_are_known(c);
    int n = 0;
    for (int i = 0; i < c->words.n && n < HEADS_MAX; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        struct head *h = &heads[n];
        if (ratio_head(c, i, h) || number_head(c, i, h) || (is_known && share_head(c, i, h))) {
            i = (h->people.end > h->at.end ? h->people.end : h->at.end) - 1;
            n++;
        }
    }
    return n;
}

/* Are two numbers one of the other: "47 of the 70", "one customer in five"? */
static bool is_pair(const struct llmx_checker *c, const struct head *m, const struct head *n)
{
    const struct passage *w = &c->words;
    bool joins = false;
    if (n->at.first - m->at.end > GAP_MAX)
        return false;
    for (int i = m->at.end; i < n->at.first; i++) {
        joins = joins || word_in(w, i, "of in among");
        if (is_set_apart(c, i) || sentence_breaks(c, i) || c->mention_of[i] >= 0 ||
            !(checker_traits(c, i) & TRAIT_FUNCTION || checker_traits(c, i) & TRAIT_GENRE ||
              word_in(w, i, "last latest recent past previous") || is_people(c, i) ||
              checker_on(c, i, LIST_ITEM_NOUNS)))
            return false;
    }
    return joins && !sentence_breaks(c, n->at.first);
}

static struct number head_number(const struct head *head)
{
    return (struct number){head->at, head->value};
}

/* "of them", "those people", "the others": those whom the claim before speaks of. */
static bool points_back(const struct llmx_checker *c, const struct head *head)
{
    const struct passage *w = &c->words;
    const int last = head->people.end - 1;
    const bool is_of = head->is_of || word_in(w, head->people.first, "of among");
    return !word_in(w, head->people.end, "who whove") &&
           (word_in(w, last, "them whom those these") || word_in(w, last - 1, "those these") ||
            (is_of && word_is(w, last, "others")));
}

static struct claim claim_of(const struct llmx_checker *c, const struct head *head)
{
    struct claim claim = {.topic = ABOUT_NOTHING,
                          .first = head->at.first,
                          .part = {{0, 0}, -1},
                          .whole = {{0, 0}, -1},
                          .is_rest = head->is_rest,
                          .share = head->share,
                          .ratio = head->ratio,
                          .said = head->at};
    if (is_any(head->people))
        claim.topic = ABOUT_PEOPLE;
    if (head->is_last)
        claim.topic = ABOUT_HABIT;
    claim.is_of_them = is_any(head->people) && points_back(c, head);
    if (head->share != SHARE_UNSAID && head->share != SHARE_RATIO &&
        head->people.end > head->at.end)
        claim.said.end = head->people.end;
    return claim;
}

/* "47 of the 70", "most of the 70", "79 of those 85". */
static int pair_begin(const struct llmx_checker *c, const struct head *h, struct claim *claim)
{
    const struct claim whole = claim_of(c, &h[1]);
    if (h->value >= 0)
        claim->part = head_number(h);
    claim->whole = head_number(&h[1]);
    claim->topic = h[1].is_last || claim->topic == ABOUT_NOTHING ? whole.topic : claim->topic;
    claim->is_of_them = claim->is_of_them || whole.is_of_them;
    if (claim->topic == ABOUT_NOTHING && word_in(&c->words, h[1].at.first - 1, "those these") &&
        !checker_on(c, h[1].at.end, LIST_ITEM_NOUNS)) {
        claim->topic = ABOUT_PEOPLE;
        claim->is_of_them = true;
    }
    return 2;
}

/* Takes heads k ... of one sentence as one claim; how many it took. */
static int claim_begin(const struct llmx_checker *c, const struct head *h, int n, int end,
                       struct claim *claim)
{
    const bool has_next = n > 1 && h[1].at.first < end;
    const bool is_counted = is_of_counted(c, h->at.end);
    *claim = claim_of(c, h);
    if (h->value < 0 && claim->topic == ABOUT_NOTHING && is_of_your(c, h->at.end)) {
        claim->topic = ABOUT_HABIT; /* "most of your films" */
        claim->whole.at = (struct span){h->at.end, h->at.end};
    }
    if (h->value < 0 && !(has_next && (h[1].is_last || is_counted)))
        return 1;
    if (has_next && h[1].value >= 0 && is_pair(c, h, &h[1]))
        return pair_begin(c, h, claim);
    if (h->value < 0)
        return 1;
    if (!h->is_of && !h->is_last) {
        claim->part = head_number(h);
        return 1;
    }
    claim->whole = head_number(h);
    const bool is_next_pair = n > 2 && h[2].at.first < end && is_pair(c, &h[1], &h[2]);
    if (!has_next || is_next_pair || h[1].is_of || is_bracketed(c, h[1].at.first) ||
        (h->is_last && is_any(h[1].people)))
        return 1;
    if (h[1].value >= 0)
        claim->part = head_number(&h[1]);
    claim->is_rest = h[1].is_rest;
    claim->share = h[1].share;
    claim->ratio = h[1].ratio;
    if (h[1].value < 0)
        claim->said = h[1].at;
    return 2;
}

/* Has the claim room for the numbers of another? */
static bool is_open(const struct claim *before, const struct claim *claim)
{
    const bool has_whole = claim->whole.value >= 0 && claim->whole.at.first != claim->part.at.first;
    return before->share != SHARE_UNSAID && before->part.value < 0 &&
           (before->whole.value < 0 || !has_whole) && claim->share == SHARE_UNSAID &&
           claim->topic != ABOUT_HABIT;
}

static bool ends_aside(const struct llmx_checker *c, int end)
{
    return end >= c->words.n || is_set_apart(c, end) || sentence_breaks(c, end);
}

/* "Almost half of your last 20 films, nine": a number to the habit before it. */
static bool joins_habit(const struct llmx_checker *c, const struct claim *before,
                        const struct claim *claim)
{
    const int end = claim->part.at.end;
    return before->topic == ABOUT_HABIT && is_open(before, claim) && claim->whole.value < 0 &&
           is_set_apart(c, claim->first) && claim->result.kind == DEED_NONE &&
           (claim->is_of_them || ends_aside(c, end));
}

/* "Of those who liked it, 154 of 180 ...": the numbers and the deed to the people before them. */
static bool counts_those(const struct llmx_checker *c, const struct claim *before,
                         const struct claim *claim)
{
    const bool is_of = word_in(&c->words, before->first - 1, "of among") ||
                       word_in(&c->words, before->first, "of among");
    return is_of && before->topic == ABOUT_PEOPLE && before->share == SHARE_SOME &&
           !claim_has_number(before) && before->base.kind != DEED_NONE &&
           before->result.kind == DEED_NONE && claim->base.kind == DEED_NONE &&
           claim->result.kind != DEED_NONE && claim_has_number(claim) &&
           is_set_apart(c, claim->first);
}

/* "Nearly all of them (79)", "(46 of 59)", ": 254 of 283 people": numbers to what was said before them. */
static bool joins_claim(const struct llmx_checker *c, const struct claim *before,
                        const struct claim *claim)
{
    if (joins_habit(c, before, claim) || counts_those(c, before, claim))
        return true;
    if (before->topic != ABOUT_PEOPLE || !is_open(before, claim))
        return false;
    const int number_end = is_any(claim->whole.at) ? claim->whole.at.end : claim->part.at.end;
    const int end = people_at(c, number_end).end;
    const bool is_aside = is_set_apart(c, claim->first) && ends_aside(c, end) &&
                          before->result.kind == DEED_NONE && before->base.kind != DEED_NONE;
    if ((is_bracketed(c, claim->first) && c->text[c->words.word[number_end - 1].end] == ')') ||
        is_aside)
        return true;
    return is_set_apart(c, claim->first) && claim->result.kind <= DEED_SAME &&
           claim->base.kind == DEED_NONE && claim->part.value >= 0;
}

/* What a number that says nothing of itself is about, by what stands behind it. */
static void settle_topic(const struct llmx_checker *c, const struct claims *claims,
                         struct claim *claim)
{
    const struct passage *w = &c->words;
    const int at = claim->part.value >= 0 ? claim->part.at.end : claim->whole.at.end;
    const struct claim *before = claims->n > 0 ? &claims->claim[claims->n - 1] : NULL;
    const bool is_yours = /* "you have watched two of them" */
        claim->first > 1 && !sentence_breaks(c, claim->first) &&
        checker_phrase(c, claim->first - 1, LIST_TAKING) > 0 &&
        word_in(w, claim->first - 2, "you youve have");
    if (is_yours && claim->topic != ABOUT_HABIT)
        claim->topic = ABOUT_ITEMS;
    if (claim->topic != ABOUT_NOTHING)
        return;
    if (checker_on(c, at, LIST_ITEM_NOUNS) || word_in(w, at, COUNTED_TRAITS) ||
        values_at(c, at).n > 0 ||
        (checker_on(c, at + 1, LIST_ITEM_NOUNS) && !sentence_breaks(c, at + 1)))
        claim->topic = ABOUT_ITEMS;
    else if (claim->result.kind != DEED_NONE &&
             (before || word_in(w, at, "have has") || claim->whole.value >= 0))
        claim->topic = ABOUT_PEOPLE;
    else if (claim->whole.value >= 0 && claim->part.value >= 0 && before &&
             before->topic == ABOUT_PEOPLE)
        claim->topic = ABOUT_PEOPLE;
}

/* "70 other people did. 47 of the 70 ..." */
static bool points_at_count(const struct llmx_checker *c, const struct claim *before,
                            const struct claim *claim)
{
    const bool is_single = before->part.value < 0 || before->whole.value < 0;
    return claim->topic == ABOUT_NOTHING && before->topic == ABOUT_PEOPLE && is_single &&
           claim->part.value >= 0 && claim->whole.value >= 0 &&
           (claim->whole.value == before->part.value ||
            claim->whole.value == before->whole.value) &&
           !checker_on(c, claim->whole.at.end, LIST_ITEM_NOUNS);
}

static void add_claim(struct claims *claims, const struct llmx_checker *c, struct claim *claim,
                      int sentence)
{
    struct claim *before = claims->n > 0 ? &claims->claim[claims->n - 1] : NULL;
    const struct claim *people = before;
    while (people > claims->claim && people->topic != ABOUT_PEOPLE)
        people--;
    if (people && points_at_count(c, people, claim)) {
        claim->topic = ABOUT_PEOPLE;
        claim->is_of_them = true;
    }
    deeds_read(c, claim, people);
    if (before && before->first >= sentence && joins_claim(c, before, claim)) {
        const struct claim said = *before;
        before->part = claim->part;
        if (before->whole.value < 0)
            before->whole = claim->whole;
        if (claim->share != SHARE_UNSAID) {
            before->share = claim->share;
            before->ratio = claim->ratio;
            before->said = claim->said;
        }
        before->end = claim->end;
        if (said.result.kind == DEED_NONE)
            before->result = claim->result;
        return;
    }
    settle_topic(c, claims, claim);
    claims->claim[claims->n++] = *claim;
}

void claims_read(struct claims *claims, const struct llmx_checker *c)
{
    struct head heads[HEADS_MAX];
    const int n = heads_find(c, heads);
    claims->n = 0;
    for (int k = 0; k < n && claims->n < CLAIMS_MAX;) {
        const int end = sentence_end(c, heads[k].at.first);
        struct claim claim;
        const int used = claim_begin(c, &heads[k], n - k, end, &claim);
        k += used;
        claim.end = k < n && heads[k].at.first < end ? heads[k].at.first : end;
        add_claim(claims, c, &claim, sentence_first(c, claim.first));
    }
}

const struct claim *claims_at(const struct claims *claims, int word)
{
    for (int k = 0; k < claims->n; k++)
        if (claims->claim[k].topic == ABOUT_PEOPLE && word >= claims->claim[k].first &&
            word < claims->claim[k].end)
            return &claims->claim[k];
    return NULL;
}
