/* deeds.c - reading what people did, word by word. */
#include "gate/deeds.h"

/* Where the reading stands. */
struct reader {
    const struct llmx_checker *c;
    struct claim *claim;
    struct deed *deed; /* whose objects follow; NULL: none */
    bool is_base;      /* behind "who": the next verb says who is meant */
    bool is_told;      /* what they did stands before them: "it was liked by ...", "so did ..." */
};

static void add_objects(struct deed *deed, int first, int end)
{
    if (deed->objects.end == deed->objects.first)
        deed->objects.first = first;
    deed->objects.end = end;
}

static void add(const struct reader *r, llmx_id item)
{
    struct deed *deed = r->deed;
    if (item == r->c->given.told.item)
        deed->has_target = true;
    else if (deed->n_items < CLAIM_ITEMS_MAX)
        deed->items[deed->n_items++] = item;
}

static void add_item(const struct reader *r, int i)
{
    const struct mention *m = &r->c->mention[r->c->mention_of[i]];
    if (!r->deed)
        return;
    add_objects(r->deed, m->first, m->first + m->n);
    add(r, m->item);
}

/* How many words at i stand for items named before: "both", "those two", "that one", "the first". */
static int pronoun_at(const struct reader *r, int i)
{
    const struct passage *w = &r->c->words;
    const int the = word_in(w, i, "the those these them");
    struct deed *deed = r->deed;
    if (!deed)
        return 0;
    const int first = the && word_in(w, i + 1, "first other last");
    const bool is_recent = word_is(w, i + 1, "last") && checker_on(r->c, i + 2, LIST_ITEM_NOUNS);
    const bool is_pointing = the && !is_recent && !word_is(w, i + 2, "2");
    const llmx_id pointed = is_pointing ? item_pointed_at(r->c, i + 1) : -1;
    if (pointed >= 0) {
        add(r, pointed);
        add_objects(deed, i, i + 2);
        return 2;
    }
    if (word_is(w, i, "both") || (the && word_in(w, i + 1 + first, "2 pair"))) {
        deed->pronoun = PRONOUN_PAIR;
        add_objects(deed, i, i + 1 + the + first);
        return 1 + the + first;
    }
    if (word_in(w, i, "this")) {
        deed->has_target = true;
        add_objects(deed, i, i + 1 + word_is(w, i + 1, "one"));
        return 1 + word_is(w, i + 1, "one");
    }
    const bool is_named =
        word_in(w, i, "the that") && word_in(w, i + 1, "first second third last former latter one");
    if (!is_named && !word_in(w, i, "it that one them"))
        return 0;
    if (deed->pronoun == PRONOUN_NONE)
        deed->pronoun =
            word_is(w, i, "them") && deed == &r->claim->base ? PRONOUN_PAIR : PRONOUN_ONE;
    add_objects(deed, i, i + 1 + is_named);
    return 1 + is_named;
}

/* The items that the words before a claim name last: of this sentence, or of the one before. */
static void add_named_before(const struct llmx_checker *c, int at, struct deed *deed)
{
    int k = c->n_mentions - 1;
    while (k >= 0 && c->mention[k].first >= at)
        k--;
    if (k < 0)
        return;
    const int from = sentence_first(c, c->mention[k].first);
    for (; k >= 0 && c->mention[k].first >= from; k--)
        if (c->mention[k].item != c->given.told.item && c->mention[k].item >= 0 &&
            deed->n_items < CLAIM_ITEMS_MAX)
            deed->items[deed->n_items++] = c->mention[k].item;
}

/* Does "and" join the verb at i to the one before: 'who liked "Heat" and watched this one'? */
static bool is_joined(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    i--;
    while (word_in(w, i, "have has had also all even already do did"))
        i--;
    return word_in(w, i, "and or") && !is_set_apart(c, i);
}

/* "have not watched", "haven't yet read" */
static bool is_negated(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    i--;
    while (word_in(w, i, "been yet even also have has had"))
        i--;
    return word_in(w, i, "not never havent hasnt hadnt didnt dont doesnt");
}

/* A verb of n words at i. */
static void read_verb(struct reader *r, int i, int n, enum deed_kind kind)
{
    struct claim *claim = r->claim;
    const bool begins_base = r->is_base && (claim->result.kind == DEED_NONE || r->is_told);
    const bool is_joined_base =
        claim->base.kind != DEED_NONE && claim->result.kind == DEED_NONE && is_joined(r->c, i);
    if (begins_base || is_joined_base) {
        r->deed = &claim->base;
    } else if (claim->result.kind == DEED_NONE || is_joined(r->c, i)) {
        r->deed = &claim->result;
    } else {
        r->deed = NULL;
        return;
    }
    r->is_base = false;
    if (kind == DEED_SAME && r->deed->n_items == 0 &&
        (claim->base.kind == DEED_NONE || claim->is_of_them))
        add_named_before(r->c, claim->first, r->deed); /* "the others who did", "as 315 did" */
    if (kind == DEED_SAME && begins_base)
        kind = DEED_TOOK;
    if (kind >= r->deed->kind) {
        r->deed->kind = kind;
        r->deed->is_negated = is_negated(r->c, i);
        r->deed->verb = (struct span){i, i + n};
    }
}

/* "as 315 other people have, ..." */
static bool ends_here(const struct llmx_checker *c, int i)
{
    return i >= c->words.n || is_set_apart(c, i) || sentence_breaks(c, i) ||
           word_in(&c->words, i, "too and");
}

int deed_at(const struct llmx_checker *c, int i, enum deed_kind *kind)
{
    const struct passage *w = &c->words;
    if (c->mention_of[i] >= 0 || word_in(w, i - 1, "a an the your its") ||
        (word_is(w, i - 1, "to") && !word_in(w, i - 2, "on tend tended seem seemed")))
        return 0;
    if (word_in(w, i, "has have") && i + 1 < w->n &&
        (c->mention_of[i + 1] >= 0 || word_in(w, i + 1, "it this both them those") ||
         (word_is(w, i + 1, "the") && word_in(w, i + 2, "2 first second latter"))))
        return *kind = DEED_TOOK, 1;
    if (word_is(w, i, "said") && word_in(w, i + 1, "the") && word_is(w, i + 2, "same")) {
        *kind = DEED_LIKED;
        return 3 + word_is(w, i + 3, "of");
    }
    if ((word_in(w, i, "did do") && !word_is(w, i + 1, "not")) ||
        (word_in(w, i, "has have") && ends_here(c, i + 1)))
        return *kind = DEED_SAME, 1;
    const int n_liking = checker_phrase(c, i, LIST_LIKING);
    const bool is_verb =
        !word_is(w, i, "like") || (word_in(w, i - 1, "who also and to people others viewers") &&
                                   !word_in(w, i + 1, "you yours"));
    *kind = n_liking > 0 ? DEED_LIKED : DEED_TOOK;
    return n_liking > 0 ? (is_verb ? n_liking : 0) : checker_phrase(c, i, LIST_TAKING);
}

/* Past what is said of the customer: ', as you did,'. */
static int skip_customer(const struct llmx_checker *c, int i, int end)
{
    while (i < end && !is_set_apart(c, i))
        i++;
    return i;
}

/* "readers of A", "fans of A": what makes them so is a deed. */
static void read_of(struct reader *r, int i)
{
    const struct passage *w = &r->c->words;
    const bool is_fan = word_in(w, i - 1, "fans fan lovers enthusiasts");
    if (r->claim->base.kind != DEED_NONE || i + 1 >= w->n ||
        (r->c->mention_of[i + 1] < 0 && !word_in(w, i + 1, "both it that those")) ||
        !checker_on(r->c, i - 1, LIST_PEOPLE))
        return;
    r->deed = &r->claim->base;
    r->deed->kind = is_fan ? DEED_LIKED : DEED_TOOK;
    r->deed->verb = (struct span){i - 1, i};
}

static void walk(struct reader *r, int i, int end)
{
    const struct llmx_checker *c = r->c;
    const struct passage *w = &c->words;
    while (i < end) {
        enum deed_kind kind;
        int n;
        if (c->mention_of[i] >= 0) {
            const struct mention *m = &c->mention[c->mention_of[i]];
            add_item(r, i);
            i = m->first + m->n;
        } else if (word_is(w, i, "like") && word_in(w, i + 1, "you yours")) {
            i += 2;
        } else if (word_in(w, i, "you youve")) {
            r->deed = NULL;
            i = skip_customer(c, i + 1, end);
        } else if ((n = deed_at(c, i, &kind)) > 0) {
            read_verb(r, i, n, kind);
            i += n;
        } else if ((n = pronoun_at(r, i)) > 0) {
            i += n;
        } else {
            r->is_base = r->is_base || word_in(w, i, "who whove") ||
                         (word_is(w, i, "whom") && !r->claim->is_of_them);
            if (word_is(w, i, "of"))
                read_of(r, i);
            if (r->deed && word_is(w, i, "or") && i + 1 < end && c->mention_of[i + 1] >= 0)
                r->deed->is_either = true;
            const bool is_list = word_is(w, i, "and") && i + 1 < end && c->mention_of[i + 1] >= 0;
            if ((is_set_apart(c, i) && !is_list) || word_in(w, i, "like is its was are because"))
                r->deed = NULL;
            i++;
        }
    }
}

/* "So did 63 other people", "38 of them": what those are that are spoken of. */
static void complete(const struct llmx_checker *c, struct claim *claim, const struct claim *before)
{
    const struct passage *w = &c->words;
    const int first = claim->first;
    if (word_is(w, first - 1, "has") && first > 1 && c->mention_of[first - 2] >= 0) {
        struct reader reader = {.c = c, .claim = claim, .deed = &claim->result};
        claim->result.kind = DEED_TOOK; /* 'A has 85 viewers' */
        add_item(&reader, first - 2);
    }
    if (word_in(w, first - 1, "did have") && word_in(w, first - 2, "so as")) {
        claim->result = (struct deed){.kind = DEED_SAME, .verb = {first - 1, first}};
        add_named_before(c, first - 2, &claim->result);
    }
    if (claim->is_of_them && before && before->topic == ABOUT_PEOPLE) {
        const bool is_single = before->whole.value < 0 || before->part.value < 0;
        claim->base = before->base.kind != DEED_NONE ? before->base : before->result;
        claim->base.has_target |= /* "85 have watched it. Most of them ..." */
            before->base.kind == DEED_NONE && claim->base.n_items == 0 &&
            claim->base.pronoun != PRONOUN_PAIR;
        if (claim->whole.value < 0 && is_single) {
            claim->whole.value =
                before->whole.value >= 0 ? before->whole.value : before->part.value;
            claim->whole.at = claim->part.at;
        }
    }
    const int whole = claim->whole.at.end > claim->whole.at.first ? claim->whole.at.first : first;
    if (word_in(w, whole - 1, "its") && word_in(w, whole - 2, "of among"))
        claim->base = (struct deed){.kind = DEED_TOOK, .pronoun = PRONOUN_ONE};
    if (claim->base.kind == DEED_SAME)
        claim->base.kind = DEED_TOOK;
}

/* The list of items that ends before word i or is named last before it in the sentence: 'A and B were'. */
static void add_subjects(struct reader *r, int i)
{
    const struct llmx_checker *c = r->c;
    while (i >= 0 && c->mention_of[i] < 0 && !sentence_breaks(c, i + 1))
        i--;
    while (i >= 0 && c->mention_of[i] >= 0) {
        const int first = c->mention[c->mention_of[i]].first;
        add_item(r, i);
        i = first - 1 - word_is(&c->words, first - 1, "and");
        if (sentence_breaks(c, i + 1) || (i == first - 1 && !is_set_apart(c, first)))
            break;
    }
}

/* '"Heat" was liked by 57 of the 84 people': the deed, and the item in front of it. */
static bool read_passive(struct reader *r)
{
    const struct llmx_checker *c = r->c;
    const bool with_you = word_is(&c->words, r->claim->first - 1, "and") &&
                          word_is(&c->words, r->claim->first - 2, "you");
    const int by = r->claim->first - 1 - 2 * with_you;
    enum deed_kind kind;
    const int n = by > 0 && word_is(&c->words, by, "by") ? deed_at(c, by - 1, &kind) : 0;
    if (n == 0 || kind == DEED_SAME)
        return false;
    r->deed = &r->claim->result;
    r->deed->kind = kind;
    r->deed->verb = (struct span){by - 1, by};
    add_subjects(r, by - 2);
    if (is_negated(c, by - 1) && r->claim->share == SHARE_MANY)
        r->claim->share = SHARE_FEW; /* "has not been watched by many" */
    r->deed->objects = (struct span){0, 0};
    r->deed = NULL;
    return true;
}

/* 'You watched A, like 63 others': they did the same. */
static bool is_beside_you(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i - 1, "like with"))
        return false;
    for (int k = i - 2; k >= 0 && !sentence_breaks(c, k + 1); k--)
        if (word_in(w, k, "you youve"))
            return true;
    return false;
}

/* '25 of the 67 have not watched it, the other 42 have' */
static void go_on(struct claim *claim, const struct claim *before)
{
    claim->topic = ABOUT_PEOPLE;
    claim->base = before->base;
    claim->result = before->result;
    claim->result.is_negated = false;
    claim->whole.value = before->whole.value;
    claim->whole.at = claim->part.at;
}

void deeds_read(const struct llmx_checker *c, struct claim *claim, const struct claim *before)
{
    struct reader reader = {.c = c, .claim = claim};
    complete(c, claim, before);
    reader.is_told = read_passive(&reader) || claim->result.kind == DEED_SAME;
    walk(&reader, claim->first, claim->end);
    if (claim->result.kind == DEED_NONE && is_beside_you(c, claim->first)) {
        claim->result = (struct deed){.kind = DEED_SAME};
        add_named_before(c, claim->first, &claim->result);
    }
    if (before && before->result.is_negated && claim->result.kind == DEED_SAME &&
        claim->base.kind == DEED_NONE && claim->whole.value < 0)
        go_on(claim, before);
    if (claim->result.kind == DEED_SAME && claim->base.kind != DEED_NONE)
        claim->result.kind = claim->base.kind;
}
