/* test_pointers.c - strict: what "both", "it", "the first", "so is" and "the last film you watched" stand for must leave no doubt
 * (data set tests/golden/gate/claims). */
#include "gate/scene.h"

#include <sys/mman.h>
#include <unistd.h>

enum name { FILM, FAR_FILM, BARE, SCENES };

static const struct scene scenes[SCENES] = {
    [FILM] = {"harbour",
              {"train", "moons"},
              {{FACT(COMPANY), {"train", "moons"}, 47, 70, {0}},
               {FACT(COMPANY), {"train"}, 57, 84, {0}},
               {FACT(LIKED), {"train"}, 46, 59, {0}},
               {FACT(SHARED), {"train"}, 0, 0, {"Crime"}},
               {FACT(SHARED), {"moons"}, 0, 0, {"Drama"}},
               {FACT(HABIT), {0}, 9, 20, {"Drama"}},
               {FACT(RECENT), {"train"}, 0, 1, {0}},
               {FACT(REACH), {0}, 85, 942, {0}}},
              8},
    [FAR_FILM] = {"summer",
                  {"train", "kite"},
                  {{FACT(COMPANY), {"train"}, 310, 340, {0}},
                   {FACT(COMPANY), {"train", "kite"}, 154, 180, {0}},
                   {FACT(NOT_SHARED), {"train"}, 0, 0, {0}},
                   {FACT(WEIGHT), {"kite"}, 0, 0, {0}},
                   {FACT(RECENT), {"kite"}, 0, 3, {0}},
                   {FACT(REACH), {0}, 471, 942, {0}}},
                  6},
    [BARE] = {"harbour",
              {"orchard", "sunny"},
              {{FACT(SHARED), {"orchard"}, 0, 0, {"Crime", "Drama"}}},
              1},
};

#define TRUE (-1)
static const struct text_case {
    enum name scene;
    const char *text;
    int check; /* that must be among those that reject it; TRUE: it passes */
} cases[] = {
    {FILM,
     "Like you, 46 of the 59 people who liked \"Night Train North\". \"The Glass Harbour\" is a "
     "crime "
     "film too.",
     LLMX_CHECK_UNFINISHED},
    {FILM,
     "Like you, 70 other people watched \"Night Train North\" and \"Paper Moons\". 47 of them have "
     "seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "The last film you watched was \"Night Train North\" and \"Paper Moons\". \"The Glass "
     "Harbour\" "
     "is a drama like \"Paper Moons\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "The last film you watched was \"Night Train North\" and \"The Glass Harbour\" is a crime "
     "film "
     "too.",
     TRUE},
    {FILM,
     "You watched \"Paper Moons\". \"The Glass Harbour\" is a drama, like all of the other films "
     "you've seen.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Paper Moons\". All your films are dramas, and \"The Glass Harbour\" is too.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" and both are "
     "under "
     "\"Paper Moons\".",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is under crime like that one.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 other people who watched "
     "both have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 other people who saw "
     "those two have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". Of the 70 other people who saw them, "
     "47 have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\", and 57 of the 84 other people who saw it have seen \"The "
     "Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who saw the "
     "first have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". Of the 59 people who liked the first "
     "and watched \"The Glass Harbour\", 46 liked it.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\". Of the 59 people who liked it and watched this one, 46 "
     "liked it too.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". 57 of the 84 other people "
     "who watched that one have seen it.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\" and a drama like \"Paper "
     "Moons\". 47 of the 70 other people who saw those two have seen it.",
     TRUE},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film like it.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film like that one.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like the first.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a drama like "
     "the second.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like the first and a drama like the second.",
     TRUE},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film too.", TRUE},
    {FILM, "You watched \"Paper Moons\". \"The Glass Harbour\" is a drama as well.", TRUE},
    {FILM, "You watched \"Night Train North\", and \"The Glass Harbour\" is a crime film too.",
     TRUE},
    {FILM, "You watched \"Paper Moons\", a drama. \"The Glass Harbour\" is one too.", TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime film, and so is \"Night Train North\", which you watched.",
     TRUE},
    {FILM, "\"The Glass Harbour\" is a drama, and so is \"Paper Moons\", which you watched.", TRUE},
    {FILM,
     "\"Night Train North\" is a crime film. \"The Glass Harbour\" is one as well, and you may "
     "like it.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\", and 57 of the 84 other people who saw it have seen \"The "
     "Glass Harbour\". Both are crime films.",
     TRUE},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\", as you did, have seen \"The "
     "Glass Harbour\". Both are crime films.",
     TRUE},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\", the last film you watched, have "
     "seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "The last film you watched was \"Night Train North\", and \"The Glass Harbour\" is a crime "
     "film too.",
     TRUE},
    {FILM,
     "The last film you watched, \"Night Train North\", is a crime film, and so is \"The Glass "
     "Harbour\".",
     TRUE},
    {FILM,
     "\"Night Train North\" is the last film you watched, and \"The Glass Harbour\" is a crime "
     "film like it.",
     TRUE},
    {FILM,
     "One of the last 3 films you watched is \"Night Train North\", a crime film. \"The Glass "
     "Harbour\" is one too.",
     TRUE},
    {FILM, "You last watched \"Night Train North\". \"The Glass Harbour\" is a crime film too.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\", which is the last film you "
     "watched.",
     TRUE},
    {FILM, "Nine of your last 20 films are dramas, and \"The Glass Harbour\" is one too.", TRUE},
    {FILM, "Nine of your last 20 films are dramas, and so is \"The Glass Harbour\".", TRUE},
    {FILM, "\"The Glass Harbour\" is a drama. So are nine of your last 20 films.", TRUE},
    {FILM, "\"The Glass Harbour\" is a drama, like nine of your last 20 films.", TRUE},
    {FILM,
     "\"The Glass Harbour\" is a drama like \"Paper Moons\", and few people know it: 85 of 942 "
     "have watched it.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\". Few people know \"The Glass Harbour\": 85 of 942 have "
     "watched it.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\", and so did 70 other people. 47 of "
     "them have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\", as 70 other people did, and 47 of "
     "them have seen \"The Glass Harbour\".",
     TRUE},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\" have seen \"The Glass Harbour\". "
     "The link is the people.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime drama. You watched \"Paper Moons\", which is a drama too.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". It's also a drama, like "
     "\"Paper Moons\".",
     TRUE},
    {FILM,
     "You watched \"Night Train North\", which is a crime film. \"The Glass Harbour\" is one too.",
     TRUE},
    {FILM,
     "\"The Glass Harbour\", which few people know (85 of 942), is a drama like \"Paper Moons\", "
     "which you watched.",
     TRUE},
    {FAR_FILM,
     "You watched \"Night Train North\" and \"Red Kite\". \"Loud Summer\" has no genre in common "
     "with either.",
     TRUE},
    {FAR_FILM,
     "You watched \"Night Train North\" and \"Red Kite\". 154 of the 180 other people who saw both "
     "have seen \"Loud Summer\", which has no genre in common with either.",
     TRUE},
    {FAR_FILM,
     "154 of the 180 other people who watched \"Night Train North\" and \"Red Kite\", as you did, "
     "have seen \"Loud Summer\". It has no genre in common with either: the link is the people.",
     TRUE},
    {FAR_FILM,
     "You watched \"Night Train North\" and \"Red Kite\". Neither has a genre in common with "
     "\"Loud Summer\".",
     TRUE},
    {FAR_FILM,
     "You watched \"Night Train North\", and 310 of the 340 other people who saw it have seen "
     "\"Loud Summer\". The two have no genre in common, so the link is the people.",
     TRUE},
    {FAR_FILM,
     "310 of the 340 other people who watched \"Night Train North\" have seen \"Loud Summer\". The "
     "two films have no genre in common.",
     TRUE},
    {FAR_FILM,
     "\"Red Kite\" is one of the last 3 films you watched, and many people have watched \"Loud "
     "Summer\": 471 of 942.",
     TRUE},
    {FAR_FILM,
     "You watched \"Night Train North\". Many people have seen \"Loud Summer\": 471 of 942 have "
     "watched it.",
     TRUE},
    {FAR_FILM, "One of your last 3 films was \"Red Kite\". \"Loud Summer\" is a comedy.", TRUE},
    {BARE, "You watched \"Orchard Lane\". \"The Glass Harbour\" is a crime drama like it.", TRUE},
    {BARE, "You watched \"Orchard Lane\". \"The Glass Harbour\" is a crime drama like that one.",
     TRUE},
    {BARE, "You watched \"Orchard Lane\", and \"The Glass Harbour\" is a crime drama too.", TRUE},
    {BARE,
     "\"Orchard Lane\", which you watched, is a crime drama, and so is \"The Glass Harbour\".",
     TRUE},
    {BARE,
     "You watched \"Orchard Lane\". Both that one and \"The Glass Harbour\" are crime dramas.",
     TRUE},
    {BARE,
     "\"Orchard Lane\" and \"The Glass Harbour\" are both crime dramas, and you watched the first.",
     TRUE},
    {BARE, "You watched \"Orchard Lane\", a crime drama. \"The Glass Harbour\" is another.", TRUE},
    {BARE, "Like \"Orchard Lane\", which you watched, \"The Glass Harbour\" is a crime drama.",
     TRUE},
    {FILM,
     "You watched \"Night Train North\", and 47 of the 70 other people who watched both have seen "
     "\"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". 47 of the 70 other people who saw those two have seen "
     "\"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". 47 of the 70 other people "
     "who watched those two have seen it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". 47 of the 70 other people "
     "who watched both have seen it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who watched "
     "both have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who watched "
     "those have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who watched "
     "them have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who saw the "
     "second have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 other people who saw it "
     "have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". 57 of the 84 other people who saw the second have seen "
     "\"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Paper Moons\". 57 of the 84 other people who saw it have seen \"The Glass "
     "Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Paper Moons\". 57 of the 84 other people who saw that one have seen \"The "
     "Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 other people who saw "
     "those three have seen \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". Of the 59 people who liked the second "
     "and watched \"The Glass Harbour\", 46 liked it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". Of the 59 people who liked \"The Glass Harbour\", 46 "
     "liked that one too.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". Of the 59 people who liked \"The Glass Harbour\" and "
     "watched this one, 46 liked it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is the last film you watched, and \"Night Train North\" is a crime "
     "film.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\", the last film you watched, is a crime film like \"Night Train "
     "North\".",
     LLMX_CHECK_NUMBER},
    {FILM, "\"Paper Moons\", the last film you watched, is a drama like \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "The last film you watched was \"Paper Moons\", and \"The Glass Harbour\" is a drama too.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "The last film you watched, \"The Glass Harbour\", is a crime film like \"Night Train "
     "North\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film and one of the last "
     "3 films you watched.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\", and one of the last 3 "
     "films you watched.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"Night Train North\", the first film you watched, is a crime film like \"The Glass "
     "Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"Night Train North\", the next film you watched, is a crime film like \"The Glass "
     "Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"Night Train North\", the second last film you watched, is a crime film like \"The Glass "
     "Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"Night Train North\" and \"Paper Moons\", the last two films you watched, are like \"The "
     "Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "The last player you watched was \"Night Train North\". \"The Glass Harbour\" is a crime film "
     "too.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\", and so did 3 of the last 3 people. \"The Glass Harbour\" "
     "is one too.",
     LLMX_CHECK_NUMBER},
    {FILM, "\"The Glass Harbour\" is a crime film like \"Night Train North\", the first.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a drama, and so are 84 people who watched \"Night Train North\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a drama, and so is \"Paper Moons\", which you watched. Few people "
     "know it: 85 of 942 have watched it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"The Glass Harbour\" is a drama like \"Paper Moons\", which few people know: 85 of 942 have "
     "watched it.",
     LLMX_CHECK_NUMBER},
    {FILM, "You watched \"Paper Moons\". Few people know it: 85 of 942 have watched it.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". You watched the first, and so did 70 "
     "other people. \"The Glass Harbour\" is a drama.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "\"Night Train North\" is a crime film like \"The Glass Harbour\", which you watched last.",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" has no genre in common with either.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" has no genre in "
     "common with either.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Paper Moons\". \"The Glass Harbour\" is a crime film like it.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Paper Moons\". \"The Glass Harbour\" is a crime film like that one.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like it.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a drama like "
     "the first.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like the second.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like both.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "like those two.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film like the second.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". Both are crime films, and \"The Glass "
     "Harbour\" is one too.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 other people who saw "
     "both have seen \"The Glass Harbour\". Both are dramas.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"The Glass Harbour\" is a crime film. All three are "
     "crime films.",
     LLMX_CHECK_RELATION},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\" have seen \"The Glass Harbour\". "
     "Both are crime films, and so is \"Night Train North\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\", and so is \"Night Train "
     "North\".",
     LLMX_CHECK_RELATION},
    {FILM, "\"The Glass Harbour\" is a crime film, and so are \"Night Train North\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "\"The Glass Harbour\" is a crime film, and so is \"The Glass Harbour\". You watched \"Night "
     "Train North\".",
     LLMX_CHECK_RELATION},
    {FILM, "\"Night Train North\" is the last film you watched, and so is \"The Glass Harbour\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "\"Night Train North\" is the last film you watched, and \"The Glass Harbour\" is one too.",
     LLMX_CHECK_RELATION},
    {FILM,
     "The last film you watched was \"Night Train North\", and \"The Glass Harbour\" is one too.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\", and \"The Glass Harbour\" is another.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\", and \"The Glass Harbour\" is a different film.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\", and so has \"The Glass Harbour\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\", and so did the first. \"The Glass "
     "Harbour\" is a drama.",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\", and \"The Glass Harbour\" has the same viewers.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a drama too.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a crime film "
     "as well.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\", and \"The Glass Harbour\" is a crime film like \"The "
     "Glass Harbour\".",
     LLMX_CHECK_RELATION},
    {FILM, "\"Paper Moons\", which is a crime film, is a drama like \"The Glass Harbour\".",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\". Both are films, like \"The Glass Harbour\".",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "You watched \"Night Train North\". \"Loud Summer\" has no genre in common with either.",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "\"Loud Summer\" is a comedy. You watched \"Night Train North\", and \"Red Kite\" has no "
     "genre in common with either.",
     LLMX_CHECK_RELATION},
    {FAR_FILM, "You watched \"Night Train North\", and \"Loud Summer\" is a film like that one.",
     LLMX_CHECK_RELATION},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". You've seen the first two.",
     LLMX_CHECK_ITEM_AS_HISTORY},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\". You watched the first.",
     LLMX_CHECK_ITEM_AS_HISTORY},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime drama. It's also a "
     "drama.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film. It's a crime film "
     "too.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". \"The Glass Harbour\" is a drama and "
     "a drama.",
     LLMX_CHECK_REPETITION},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is a crime crime film.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "You watched \"Night Train North\" and and \"Paper Moons\". \"The Glass Harbour\" is a drama.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\" have seen \"The Glass Harbour\". "
     "The link is the people.user",
     LLMX_CHECK_MARKUP},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film.user",
     LLMX_CHECK_MARKUP},
    {FILM,
     "You watched \"Paper Moons\". \"The Glass Harbour\" is a drama that many of us have seen.",
     LLMX_CHECK_PEOPLE},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime drama, and so are you.",
     LLMX_CHECK_RELATION},
    {FILM,
     "\"The Glass Harbour\" is a film on the topic of \"Night Train North\", which you watched.",
     LLMX_CHECK_RELATION},
    {FILM,
     "47 of the 70 other people who watched \"Night Train North\" and \"Paper Moons\", two crime "
     "films, have seen this one.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\". This is a crime film, like 47 of the 70 other people.",
     LLMX_CHECK_RELATION},
    {FILM, "\"The Glass Harbour\" is \"Night Train North\", which you watched.",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Night Train North\". 57 of the 84 other people who watched \"Night Train "
     "North\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime drama, and 57 of the 84 "
     "other people who saw it have watched \"The Glass Harbour\".",
     LLMX_CHECK_NUMBER},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is a crime film, like \"Night Train "
     "North\", which you watched.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "You watched \"Night Train North\". This is a crime film like it, and 57 of the 84 other "
     "people who saw \"Night Train North\".",
     LLMX_CHECK_NUMBER},
    {FILM, "This is a film like \"Night Train North\", which you watched.", LLMX_CHECK_RELATION},
    {FILM, "\"The Glass Harbour\" is one of the people who watched \"Night Train North\".",
     LLMX_CHECK_RELATION},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is a drama like it is.",
     LLMX_CHECK_RELATION},
    {FILM,
     "47 of the 70 other people who watched \"Night Train North\" and \"Paper Moons\", as you did, "
     "have seen this one: 47 of 70.",
     LLMX_CHECK_REPETITION},
    {FILM,
     "Of your last 20 films, 57 of the 84 other people who watched \"Night Train North\" have seen "
     "this one.",
     LLMX_CHECK_RELATION},
    {FILM,
     "Of your last 20 films, nine are dramas, and this one is too. You watched \"Paper Moons\".",
     TRUE},
    {FILM,
     "57 of the 84 other people who watched \"Night Train North\" have seen this one, so it's a "
     "crime "
     "film.",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "You watched \"Night Train North\". \"Loud Summer\" is something different, a comedy.", TRUE},
    {FILM,
     "You watched \"Night Train North\". \"The Glass Harbour\" is something different: a drama.",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "Many people have seen \"Loud Summer\": 471 of 942. \"Night Train North\" has no genre in "
     "common with it, so the link is the people.",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "You watched \"Night Train North\". \"Loud Summer\" has no genre in common with those two.",
     LLMX_CHECK_RELATION},
    {FAR_FILM,
     "You watched \"Night Train North\" and \"Red Kite\". \"Loud Summer\" has no genre in common "
     "with those two.",
     TRUE},
    {FAR_FILM,
     "\"Night Train North\" and \"Red Kite\", as you did, have no genre in common with those two, "
     "nor "
     "has \"Loud Summer\".",
     LLMX_CHECK_RELATION},
    {FILM,
     "You watched \"Paper Moons\", a drama. \"The Glass Harbour\" is another drama you watched.",
     LLMX_CHECK_ITEM_AS_HISTORY},
    {FILM, "You watched \"Paper Moons\", a drama. \"The Glass Harbour\" is another.", TRUE},
    {FILM,
     "You watched \"Night Train North\", the last film you watched. \"The Glass Harbour\" is a "
     "crime "
     "film too.",
     LLMX_CHECK_REPETITION},
    {FILM, "You watched \"Night Train North\". \"The Glass Harbour\" is an crime film.",
     LLMX_CHECK_WORD},
    {FAR_FILM, "You watched \"Red Kite\", a adventure. \"Loud Summer\" is a comedy.",
     LLMX_CHECK_WORD},
    {FAR_FILM, "You watched \"Red Kite\", an adventure. \"Loud Summer\" is a comedy.", TRUE},
    {FILM, "You watched \"Night Train North\", one of your last 3 films.", LLMX_CHECK_ITEM},
    {FILM,
     "\"The Glass Harbour\" is a crime drama like \"Night Train North\", and a drama. 57 of the 84 "
     "other people who watched \"Night Train North\" have seen it.",
     LLMX_CHECK_REPETITION},
    {FAR_FILM,
     "You watched \"Night Train North\". It has no genre in common with this one, so it's about "
     "you.",
     LLMX_CHECK_RELATION},
};

/* Whether it speaks to the customer and names evidence is not asked here. */
static bool passes(const struct llmx_verdict *verdict)
{
    for (int i = 0; i < verdict->n_failures; i++)
        if (verdict->failure[i].check != LLMX_CHECK_ADDRESS &&
            verdict->failure[i].check != LLMX_CHECK_EVIDENCE)
            return false;
    return true;
}

static bool is_among(const struct llmx_verdict *verdict, int check)
{
    for (int i = 0; i < verdict->n_failures; i++)
        if ((int)verdict->failure[i].check == check)
            return true;
    return false;
}

static void test_gate__holds_pointing_words_to_what_was_named(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct llmx_verdict verdict;
        judge(&scenes[cases[k].scene], cases[k].text, 1, &verdict);
        const bool is_right =
            cases[k].check == TRUE ? passes(&verdict) : is_among(&verdict, cases[k].check);
        if (is_right)
            continue;
        wrong++;
        print_error("%s\n  expected %s, got %s\n", cases[k].text,
                    cases[k].check == TRUE ? "none" : llmx_check_name(cases[k].check),
                    verdict.n_failures > 0 ? llmx_check_name(verdict.failure[0].check) : "none");
    }
    assert_int_equal(wrong, 0);
}

/* A checker that read a longer text before still holds its words: none of them is the one behind the last. */
static void test_gate__reads_nothing_behind_a_text_that_ends_with_a_title(void **state)
{
    (void)state;
    static const char longer[] = "\"The Glass Harbour\" waits, like \"Paper Moons\" - gladly.",
                      text[] = "\"The Glass Harbour\" waits, like \"Paper Moons\"";
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct llmx_verdict verdict;
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    char *last = memcpy(pages + page - sizeof text, text, sizeof text);
    judge(&scenes[FILM], longer, 1, &verdict);
    judge(&scenes[FILM], last, 1, &verdict);
    assert_false(is_among(&verdict, LLMX_CHECK_RELATION));
    munmap(pages, 2 * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__reads_nothing_behind_a_text_that_ends_with_a_title),
        cmocka_unit_test(test_gate__holds_pointing_words_to_what_was_named),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
