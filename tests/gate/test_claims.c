/* test_claims.c - what is said in numbers, of people and of what joins items, held to facts that are written down here: texts
 * with the one check that must reject each, and where (data set tests/golden/gate/claims). */
#include "gate/scene.h"

enum name {
    FILM,
    FAR_FILM,
    BARE,
    GAME,
    UNKNOWN,
    MASH,
    BRIDE,
    VOYAGE,
    EMPIRE,
    FIRM,
    BONNIE,
    SHAWSHANK,
    CHOCOLATE,
    COPYCAT,
    HORIZON,
    TAXI,
    CAPE,
    EVITA,
    TITANIC,
    MARS,
    WARS,
    IQ,
    PRISON,
    SOULS,
    NEWS,
    SHOP,
    COLD,
    SCENES
};

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
    [GAME] = {"drift",
              {"keep", "truck"},
              {{FACT(COMPANY), {"keep"}, 1234, 2468, {0}},
               {FACT(COMPANY), {"truck"}, 21, 40, {0}},
               {FACT(HABIT), {0}, 20, 20, {"Simulation"}},
               {FACT(REACH), {0}, 200, 1000, {0}}},
              4},
    [UNKNOWN] = {"harbour", {"train", "moons"}, {{FACT(REACH), {0}, 0, 0, {0}}}, 0},
    [MASH] = {"escape",
              {"mash", "angry"},
              {{FACT(COMPANY), {"mash", "angry"}, 47, 70, {0}},
               {FACT(SHARED), {"mash"}, 0, 0, {"War"}}},
              2},
    [BRIDE] = {"bride",
               {"grail"},
               {{FACT(HABIT), {0}, 9, 20, {"Comedy"}}, {FACT(LIKED), {"grail"}, 154, 180, {0}}},
               2},
    [VOYAGE] = {"voyage",
                {"khan", "country"},
                {{FACT(COMPANY), {"khan", "country"}, 128, 143, {0}}},
                1},
    [EMPIRE] = {"empire",
                {"raiders", "crusade"},
                {{FACT(COMPANY), {"raiders", "crusade"}, 254, 283, {0}},
                 {FACT(SHARED), {"raiders", "crusade"}, 0, 0, {"Action", "Adventure"}}},
                2},
    [FIRM] = {"firm",
              {"sliver"},
              {{FACT(WEIGHT), {"sliver"}, 0, 0, {0}},
               {FACT(COMPANY), {"sliver"}, 32, 36, {0}},
               {FACT(SHARED), {"sliver"}, 0, 0, {"Thriller"}}},
              3},
    [BONNIE] = {"bonnie",
                {"chinatown", "butch"},
                {{FACT(NOT_SHARED), {"chinatown"}, 0, 0, {0}},
                 {FACT(COMPANY), {"chinatown", "butch"}, 57, 84, {0}},
                 {FACT(LIKED), {"chinatown"}, 46, 59, {0}}},
                3},
    [SHAWSHANK] = {"shawshank", {"gump"}, {{FACT(LIKED), {"gump"}, 140, 146, {0}}}, 1},
    [CHOCOLATE] = {"chocolate",
                   {"red"},
                   {{FACT(HABIT), {0}, 15, 20, {"Drama"}}, {FACT(COMPANY), {"red"}, 48, 80, {0}}},
                   2},
    [COPYCAT] = {"copycat",
                 {"pulp"},
                 {{FACT(REACH), {0}, 85, 942, {0}},
                  {FACT(COMPANY), {"pulp"}, 79, 389, {0}},
                  {FACT(SHARED), {"pulp"}, 0, 0, {"Crime", "Drama"}}},
                 3},
    [HORIZON] = {"horizon",
                 {"contact", "uturn"},
                 {{FACT(SHARED), {"contact"}, 0, 0, {"Sci-Fi"}},
                  {FACT(SHARED), {"uturn"}, 0, 0, {"Mystery"}},
                  {FACT(COMPANY), {"contact", "uturn"}, 26, 47, {0}}},
                 3},
    [TAXI] = {"taxi",
              {"bull"},
              {{FACT(LIKED), {"bull"}, 62, 68, {0}}, {FACT(SHARED), {"bull"}, 0, 0, {"Drama"}}},
              2},
    [CAPE] = {"cape",
              {"jaws", "elm"},
              {{FACT(COMPANY), {"jaws", "elm"}, 75, 95, {0}},
               {FACT(SHARED), {"jaws", "elm"}, 0, 0, {"Thriller"}},
               {FACT(HABIT), {0}, 9, 20, {"Thriller"}}},
              3},
    [EVITA] = {"evita",
               {"bound", "conspiracy"},
               {{FACT(COMPANY), {"bound", "conspiracy"}, 20, 36, {0}},
                {FACT(HABIT), {0}, 13, 20, {"Drama"}}},
               2},
    [TITANIC] = {"titanic",
                 {"hunting"},
                 {{FACT(COMPANY), {"hunting"}, 80, 120, {0}},
                  {FACT(SHARED), {"hunting"}, 0, 0, {"Drama"}}},
                 2},
    [MARS] = {"mars", {"broken", "rock"}, {{FACT(COMPANY), {"broken", "rock"}, 38, 63, {0}}}, 1},
    [WARS] = {"wars",
              {"raiders", "rock"},
              {{FACT(COMPANY), {"raiders", "rock"}, 216, 228, {0}},
               {FACT(SHARED), {"raiders"}, 0, 0, {"Action", "Adventure"}}},
              2},
    [IQ] = {"iq", {"kiss", "sleeping"}, {{FACT(COMPANY), {"kiss", "sleeping"}, 38, 63, {0}}}, 1},
    [PRISON] = {"prison",
                {"factorio"},
                {{FACT(COMPANY), {"factorio"}, 19, 57, {0}},
                 {FACT(HABIT), {0}, 5, 5, {"Strategy"}}},
                2},
    [SOULS] = {"souls",
               {"truck"},
               {{FACT(COMPANY), {"truck"}, 11, 68, {0}},
                {FACT(REACH), {0}, 70, 999, {0}},
                {FACT(NOT_SHARED), {"truck"}, 0, 0, {0}}},
               3},
    [NEWS] = {"hearings", {"holds", "holds"}, {{FACT(COMPANY), {"holds"}, 13, 39, {0}}}, 1},
    [SHOP] = {"anchors", {"shelf"}, {{FACT(COMPANY), {"shelf"}, 212, 260, {0}}}, 1},
    [COLD] = {"starter", {0}, {{FACT(REACH), {0}, 250, 1000, {0}}}, 1},
};

static bool is_of_claims(enum llmx_check check)
{
    return check == LLMX_CHECK_NUMBER || check == LLMX_CHECK_PEOPLE || check == LLMX_CHECK_RELATION;
}

static const struct text_case {
    enum name scene;
    const char *text;
    int check;         /* the one of numbers, people and relations that rejects it; TRUE: none */
    const char *blame; /* what it blames first */
} cases[] = {
#define TRUE     (-1)
#define NUMBER   LLMX_CHECK_NUMBER
#define PEOPLE   LLMX_CHECK_PEOPLE
#define RELATION LLMX_CHECK_RELATION
    /* what a good reason reads like */
    {MASH,
     "You watched \"M*A*S*H\" and \"12 Angry Men\". 47 of the 70 other people who saw both also "
     "watched \"The Great Escape\", a war film like \"M*A*S*H\".",
     TRUE, NULL},
    {BRIDE,
     "Nine of your last 20 films are comedies, and \"The Princess Bride\" is one too. Of the 180 "
     "people who rated \"Monty Python and the Holy Grail\" 4 or more and know this one, 154 liked "
     "it as well.",
     TRUE, NULL},
    {VOYAGE,
     "Of 143 people who watched \"Star Trek: The Wrath of Khan\" and \"Star Trek VI: The "
     "Undiscovered Country\", 128 have seen \"Star Trek IV: The Voyage Home\". You haven't yet.",
     TRUE, NULL},
    {EMPIRE,
     "Nearly everyone who watched \"Raiders of the Lost Ark\" and \"Indiana Jones and the Last "
     "Crusade\" has also seen \"The Empire Strikes Back\": 254 of 283 people. All three are action "
     "adventures.",
     TRUE, NULL},
    {FIRM,
     "\"Sliver\" is what brought this one up: 32 of the 36 other people who watched it also "
     "watched \"The Firm\". Both are thrillers.",
     TRUE, NULL},
    {BONNIE,
     "\"Bonnie and Clyde\" has no genre in common with \"Chinatown\". The link is the audience: 57 "
     "of the 84 people who watched \"Chinatown\" and \"Butch Cassidy and the Sundance Kid\" "
     "watched it, and most who liked the first liked it too (46 of 59).",
     TRUE, NULL},
    {SHAWSHANK,
     "If \"Forrest Gump\" worked for you, this is about as safe as it gets: of 146 people who "
     "rated it 4 or more, 140 said the same of \"The Shawshank Redemption\".",
     TRUE, NULL},
    {CHOCOLATE,
     "You watch a lot of drama, 15 of your last 20 films. \"Like Water For Chocolate\" is another, "
     "and 48 of the 80 people who saw \"Three Colors: Red\" have seen it.",
     TRUE, NULL},
    {COPYCAT,
     "Few people know \"Copycat\": 85 have watched it. Nearly all of them (79) also watched \"Pulp "
     "Fiction\", as you did, and both are crime dramas.",
     TRUE, NULL},
    {HORIZON,
     "A less obvious pick: \"Event Horizon\" is science fiction like \"Contact\" and a mystery "
     "like \"U Turn\". 26 of the 47 people who watched both have seen it.",
     TRUE, NULL},
    {TAXI,
     "\"Taxi Driver\" is here because of \"Raging Bull\". Both are dramas, and 62 of the 68 people "
     "who liked that one and watched this one liked it too.",
     TRUE, NULL},
    {CAPE,
     "You've seen \"Jaws\" and \"A Nightmare on Elm Street\", and nine of your last 20 films are "
     "thrillers. \"Cape Fear\" fits both: 75 of the 95 people who saw those two have watched it.",
     TRUE, NULL},
    {PRISON,
     "You've played three strategy games in a row, and \"Prison Architect\" mixes strategy with "
     "simulation, like \"Factorio\". 19 of the 57 people who played \"Factorio\" own it.",
     TRUE, NULL},
    {SOULS,
     "\"DARK SOULS II\" is nothing like \"Euro Truck Simulator 2\". Still, 11 of the 68 people who "
     "drive trucks there also play it, more than twice the usual share.",
     TRUE, NULL},
    {NEWS,
     "You read two stories on the impeachment hearings; this one is also politics. 13 of "
     "the 39 readers of \"Court puts hold on Rodney Reed's scheduled execution\" opened it.",
     TRUE, NULL},
    {SHOP,
     "You bought the \"Oak Shelf 80\" and the wall brackets that fit it. These anchors go with "
     "both: 212 of 260 people who bought the shelf took them.",
     TRUE, NULL},
    {COLD,
     "You haven't bought from us before, so this is simply what many people choose: one customer "
     "in four has the \"Starter Set\".",
     TRUE, NULL},
    {EVITA,
     "20 of the 36 other people who watched \"Bound\" and \"Conspiracy Theory\", as you did, also "
     "watched \"Evita\". It is a drama, like 13 of your last 20 films.",
     TRUE, NULL},
    {TITANIC,
     "Like \"Good Will Hunting\", \"Titanic\" is a drama from 1997, and 80 of the 120 people who "
     "saw it also saw \"Titanic\".",
     TRUE, NULL},
    {MARS,
     "You watched \"Broken Arrow\" and \"The Rock\"; so did 63 others, and 38 of them also chose "
     "\"Mars Attacks!\".",
     TRUE, NULL},
    {WARS,
     "What links \"Star Wars\" to you is \"Raiders of the Lost Ark\": both are action and "
     "adventure. It also helped that 216 of the 228 people who watched \"Raiders of the Lost Ark\" "
     "and \"The Rock\" watched it.",
     TRUE, NULL},
    {IQ,
     "You watched \"French Kiss\" and \"While You Were Sleeping\". So did 63 other people, and 38 "
     "of them also chose \"I.Q.\". It shares comedy and romance with \"French Kiss\".",
     TRUE, NULL},
    /* company: numbers and whose they are */
    {FILM,
     "47 of the 70 people who watched \"Night Train North\" and \"Paper Moons\" watched \"The "
     "Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\"; 47 of the 70 people who saw both have "
     "seen this.",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 who saw those two chose "
     "it as well.",
     TRUE, NULL},
    {FILM, "Of the 84 people who saw \"Night Train North\", 57 also saw this one.", TRUE, NULL},
    {FILM, "You saw \"Night Train North\". 57 out of the 84 other viewers who did picked this one.",
     TRUE, NULL},
    {FILM,
     "84 other people watched \"Night Train North\", as you did; 57 of them also watched \"The "
     "Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "Forty-seven of the seventy people who watched \"Night Train North\" and \"Paper Moons\" "
     "watched this.",
     TRUE, NULL},
    {FILM, "57 of the people who watched \"Night Train North\" have watched \"The Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "You and 70 others watched \"Night Train North\" and \"Paper Moons\"; 47 of those people know "
     "this one.",
     TRUE, NULL},
    {GAME, "You played \"Iron Keep\". 1,234 of the 2,468 other players of it own \"Star Drift\".",
     TRUE, NULL},
    {GAME, "Half of the people who played \"Iron Keep\" also played this.", TRUE, NULL},
    {GAME, "21 of the 40 players who own \"Euro Truck Simulator 2\" bought \"Star Drift\".", TRUE,
     NULL},
    {FILM,
     "48 of the 70 people who watched \"Night Train North\" and \"Paper Moons\" watched \"The "
     "Glass Harbour\".",
     NUMBER, "48"},
    {FILM,
     "47 of the 71 people who watched \"Night Train North\" and \"Paper Moons\" watched \"The "
     "Glass Harbour\".",
     NUMBER, "71"},
    {FILM, "57 of the 70 people who watched \"Night Train North\" watched \"The Glass Harbour\".",
     NUMBER, "70"},
    {FILM, "57 of the 84 people who watched \"Paper Moons\" watched \"The Glass Harbour\".", NUMBER,
     "Paper Moons"},
    {FILM,
     "57 of the 84 people who watched \"Night Train North\" and \"Paper Moons\" watched this.",
     NUMBER, "Night Train North\" and \"Paper Moons"},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 57 of the 84 people who saw both "
     "watched it.",
     NUMBER, "both"},
    {FILM, "Of the 85 people who saw \"Night Train North\", 57 also saw this one.", NUMBER, "85"},
    {FILM, "Of the 84 people who saw \"Night Train North\", 47 also saw this one.", NUMBER, "47"},
    {FILM, "You watched \"Night Train North\" and \"Paper Moons\". So did 84 other people.", NUMBER,
     "84"},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". So did 70 other people, and 57 of "
     "them watched this.",
     NUMBER, "57"},
    {FILM,
     "47 of the 70 people who watched \"The Glass Harbour\" also watched \"Night Train North\" and "
     "\"Paper Moons\".",
     NUMBER, NULL},
    {FILM, "19 people who watched \"Night Train North\" watched this.", NUMBER, "19"},
    {FILM, "You saw \"Night Train North\", and nine people saw this.", NUMBER, "nine"},
    {FILM, "67 % of the people who watched \"Night Train North\" watched this.", NUMBER, "67"},
    {FILM, "Two fifths of the people who watched \"Night Train North\" watched this.", NUMBER,
     NULL},
    {FILM, "Half of the people who watched \"Night Train North\" watched this.", PEOPLE,
     "Half of the people"},
    {FILM, "A dozen people who watched \"Night Train North\" watched this.", NUMBER, "dozen"},
    {FILM, "Hundreds of people who watched \"Night Train North\" watched this.", NUMBER,
     "Hundreds"},
    {FILM, "You will like this twice as much after \"Night Train North\".", NUMBER, "twice"},
    {GAME, "You played \"Iron Keep\". 1,235 of the 2,468 other players of it own \"Star Drift\".",
     NUMBER, "1,235"},
    {GAME, "21 of the 40 players who own \"Iron Keep\" bought \"Star Drift\".", NUMBER,
     "Iron Keep"},
    /* liked */
    {FILM, "Of the 59 people who liked \"Night Train North\" and watched this one, 46 liked it.",
     TRUE, NULL},
    {FILM, "46 of the 59 people who liked \"Night Train North\" and saw this one liked it too.",
     TRUE, NULL},
    {FILM, "Most people who liked \"Night Train North\" liked \"The Glass Harbour\" too.", TRUE,
     NULL},
    {FILM, "46 of 59 people who enjoyed \"Night Train North\" enjoyed this one as well.", TRUE,
     NULL},
    {FILM, "46 of the 59 fans of \"Night Train North\" who saw this one liked it.", TRUE, NULL},
    {FILM, "57 of the 84 people who liked \"Night Train North\" watched this one.", PEOPLE,
     "liked"},
    {FILM, "57 of the 84 people who watched \"Night Train North\" liked this one.", PEOPLE,
     "liked"},
    {FILM, "46 of the 59 people who watched \"Night Train North\" watched this one.", PEOPLE,
     "watched"},
    {FILM, "46 of the 59 people who liked \"Paper Moons\" liked this one.", NUMBER, "Paper Moons"},
    {FILM, "Most people who watched \"Night Train North\" and \"Paper Moons\" loved this one.",
     PEOPLE, "loved"},
    {FILM, "Fans of \"Paper Moons\" love this one.", PEOPLE, NULL},
    {FILM, "You liked \"Night Train North\", and 57 of the 84 people who watched it watched this.",
     PEOPLE, "liked"},
    {FILM,
     "You loved \"Night Train North\" and \"Paper Moons\". 47 of the 70 people who saw both "
     "watched this.",
     PEOPLE, "loved"},
    {FILM, "You really enjoyed \"Night Train North\".", PEOPLE, "enjoyed"},
    {FILM, "If you liked \"Night Train North\", try this one.", TRUE, NULL},
    {FILM, "You watched \"Night Train North\"; you may like \"The Glass Harbour\".", TRUE, NULL},
    /* shares of people */
    {FILM, "Most people who watched \"Night Train North\" and \"Paper Moons\" have seen this one.",
     TRUE, NULL},
    {FAR_FILM, "Nearly everyone who watched \"Night Train North\" watched \"Loud Summer\".", TRUE,
     NULL},
    {FAR_FILM,
     "Almost all who watched \"Night Train North\" and \"Red Kite\" have seen this: 154 of 180 "
     "people.",
     TRUE, NULL},
    {FILM, "Few people know \"The Glass Harbour\".", TRUE, NULL},
    {FILM, "Few people have seen this one: 85 of 942.", TRUE, NULL},
    {FAR_FILM, "Many people have watched \"Loud Summer\", 471 of 942.", TRUE, NULL},
    {FAR_FILM, "\"Loud Summer\" is a favourite of many.", TRUE, NULL},
    {FILM, "People who watched \"Night Train North\" also watched this.", TRUE, NULL},
    {FILM, "Many others who saw \"Night Train North\" chose this one too.", TRUE, NULL},
    {FILM, "Nearly everyone who watched \"Night Train North\" has seen this one.", PEOPLE,
     "Nearly everyone"},
    {FILM, "Everyone who watched \"Night Train North\" and \"Paper Moons\" watched this.", PEOPLE,
     "Everyone"},
    {FILM, "Many people have watched \"The Glass Harbour\".", PEOPLE, "Many people"},
    {FILM, "\"The Glass Harbour\" is a favourite of many.", PEOPLE, "favourite of many"},
    {FAR_FILM, "Few people know \"Loud Summer\".", PEOPLE, "Few people"},
    {FAR_FILM, "Most people who watched \"Red Kite\" watched this.", PEOPLE, "Red Kite"},
    {FILM, "85 people of 943 have watched this.", NUMBER, "943"},
    {FILM, "86 people have watched \"The Glass Harbour\".", NUMBER, "86"},
    {FILM, "Most who watched \"Paper Moons\" watched this.", PEOPLE, "Paper Moons"},
    {BARE, "People who watched \"Orchard Lane\" also watched this.", PEOPLE, NULL},
    {BARE, "Viewers like you enjoyed \"The Glass Harbour\".", PEOPLE, NULL},
    {BARE, "30 of the 40 people who watched \"Orchard Lane\" watched this.", NUMBER, "30"},
    {FILM, "57 of the 84 people who watched \"Night Train North\" went on to watch this.", PEOPLE,
     "went on to"},
    {FILM,
     "47 of the 70 people who saw \"Night Train North\" and \"Paper Moons\" then watched this one.",
     PEOPLE, "then"},
    {FILM, "57 of the 84 people who watched \"Night Train North\" later watched this.", PEOPLE,
     "later"},
    /* asides, those spoken of before, titles with marks of their own */
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". Most of the people who did, 47 of 70, "
     "have seen \"The Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "You and 70 other people watched \"Night Train North\" and \"Paper Moons\". 47 of the others "
     "also watched \"The Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "You've seen \"Night Train North\" and \"Paper Moons\", as 70 other people have, and 47 of "
     "them watched this too.",
     TRUE, NULL},
    {FILM,
     "47 of the 70 other people who, like you, watched \"Night Train North\" and \"Paper Moons\" "
     "have seen this.",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\". 47 of the 70 other people who watched "
     "them saw this.",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\". 47 of the 70 people who watched it and \"Paper Moons\" "
     "have seen this.",
     TRUE, NULL},
    {FILM,
     "Of the 59 people who liked \"Night Train North\" and watched \"The Glass Harbour\", 46 liked "
     "both.",
     TRUE, NULL},
    {MARS,
     "Of the 63 people who saw \"Broken Arrow\" and \"The Rock\", 38 saw \"Mars Attacks!\" and you "
     "may be next.",
     TRUE, NULL},
    {FILM, "You've seen \"Night Train North\" and \"Paper Moons\", as 84 other people have.",
     NUMBER, "84"},
    {FILM, "You and 84 other people watched \"Night Train North\" and \"Paper Moons\".", NUMBER,
     NULL},
    {FILM,
     "You watched \"Night Train North\". 57 of the 84 people who watched it and \"Paper Moons\" "
     "have seen this.",
     NUMBER, NULL},
    {FILM, "Of the 59 people who rated \"Night Train North\" 2 or more, 46 liked this.", NUMBER,
     "2"},
    {FILM, "People with tastes like yours watched this after \"Night Train North\".", PEOPLE, NULL},
    {FILM, "You last watched \"Night Train North\".", TRUE, NULL},
    {FILM, "You recently watched \"Night Train North\".", TRUE, NULL},
    {FILM, "You last watched \"Paper Moons\".", NUMBER, "last"},
    {FILM, "You watched \"Paper Moons\" and, last, \"Night Train North\".", TRUE, NULL},
    {FILM, "You watched \"Night Train North\" and, last, \"Paper Moons\".", NUMBER, "last"},
    {FILM, "You watched \"Paper Moons\" and most recently \"Night Train North\".", TRUE, NULL},
    {FILM, "You watched \"Night Train North\" and, most recently, \"Paper Moons\".", NUMBER,
     "recently"},
    {FILM, "You watched \"Paper Moons\" recently.", NUMBER, "recently"},
    {FILM, "You watched \"Night Train North\" last, \"Paper Moons\" before it.", TRUE, NULL},
    {FILM, "You watched \"Paper Moons\" recently, \"Night Train North\" too.", NUMBER, "recently"},
    {FILM, "Lately you watched \"Paper Moons\".", NUMBER, "Lately"},
    {FILM, "You recently watched \"Paper Moons\".", NUMBER, "recently"},
    {FILM, "\"The Glass Harbour\" is a drama, and so is \"Paper Moons\".", TRUE, NULL},
    {FILM, "\"The Glass Harbour\" is a drama, and so is \"Night Train North\".", RELATION, "so is"},
    {FILM, "\"The Glass Harbour\" is a crime film. It's also a drama.", TRUE, NULL},
    {GAME, "Your last 20 games are simulations.", TRUE, NULL},
    {FILM, "Your last 20 films are dramas.", NUMBER, "20"},
    /* habits and what is recent */
    {FILM, "Nine of your last 20 films are dramas.", TRUE, NULL},
    {FILM, "Nine of your last 20 films are dramas, and \"The Glass Harbour\" is one too.", TRUE,
     NULL},
    {FILM, "Of your last 20 films, nine are dramas.", TRUE, NULL},
    {FILM, "This is a drama, like nine of your last 20 films.", TRUE, NULL},
    {FILM,
     "\"Night Train North\" is the last film you watched, and it is a crime film like this one.",
     TRUE, NULL},
    {FILM, "\"Night Train North\" is one of the last three films you watched.", TRUE, NULL},
    {FAR_FILM, "\"Red Kite\" is one of your last three films.", TRUE, NULL},
    {GAME, "All of your last 20 games are simulations.", TRUE, NULL},
    {FILM, "Eight of your last 20 films are dramas.", NUMBER, "Eight"},
    {FILM, "Nine of your last 25 films are dramas.", NUMBER, "25"},
    {FILM, "Nine of your last 20 films are thrillers.", NUMBER, "thrillers"},
    {FILM, "Nine of your last 20 films are crime dramas.", NUMBER, "crime dramas"},
    {FILM, "47 of your last 20 films are dramas.", NUMBER, "47"},
    {FILM, "Most of your last 20 films are dramas.", NUMBER, NULL},
    {FILM, "\"Paper Moons\" is the last film you watched.", NUMBER, "last film"},
    {FILM, "\"Paper Moons\" is one of the last three films you watched.", NUMBER, "three"},
    {FAR_FILM, "\"Red Kite\" is the last film you watched.", NUMBER, "last film"},
    {BARE, "You watch a lot of crime.", NUMBER, "a lot of"},
    {GAME, "Nine of your last 20 games are simulations.", NUMBER, "Nine"},
    /* counts of items, and numbers of nothing */
    {FILM, "You watched two films with crime or drama, \"Night Train North\" and \"Paper Moons\".",
     TRUE, NULL},
    {FILM, "You watched \"Night Train North\" (1994) and \"Paper Moons\" (1995). Both led here.",
     TRUE, NULL},
    {BARE, "You saw \"Orchard Lane\" and \"Sunny Side\"; the two led here.", TRUE, NULL},
    {FILM, "You watched two comedies, \"Night Train North\" and \"Paper Moons\".", NUMBER, "two"},
    {FILM, "You watched five crime films, \"Night Train North\" among them.", NUMBER, "five"},
    {FILM, "\"The Glass Harbour\" gets 9 points from you after \"Night Train North\".", NUMBER,
     "9"},
    {BARE, "Seven times you watched \"Orchard Lane\".", NUMBER, "Seven"},
    /* too, also, as well, another, again, more */
    {FILM,
     "You watched \"Night Train North\", a crime film. \"The Glass Harbour\" is a crime film too.",
     TRUE, NULL},
    {FILM, "You watched \"Paper Moons\", and \"The Glass Harbour\" is also a drama.", TRUE, NULL},
    {FILM, "You watched \"Paper Moons\". This one is a drama as well.", TRUE, NULL},
    {BARE, "You watched \"Orchard Lane\", a crime drama. \"The Glass Harbour\" is another.", TRUE,
     NULL},
    {BARE, "After \"Orchard Lane\", here is more crime: \"The Glass Harbour\".", TRUE, NULL},
    {BARE, "You saw \"Orchard Lane\". This is a drama again.", TRUE, NULL},
    {FILM, "You also watched \"Paper Moons\".", TRUE, NULL},
    {FAR_FILM,
     "You watched \"Night Train North\", a crime film, and \"Loud Summer\" is a comedy too.",
     RELATION, "too"},
    {FAR_FILM, "You watched \"Night Train North\". \"Loud Summer\" is also a comedy.", RELATION,
     "also"},
    {FAR_FILM, "You watched \"Night Train North\" and \"Red Kite\". This one is a comedy as well.",
     RELATION, "as well"},
    {FAR_FILM, "You watched \"Red Kite\". \"Loud Summer\" is another comedy.", RELATION, "another"},
    {FAR_FILM, "You watched \"Night Train North\". It is comedy again with \"Loud Summer\".",
     RELATION, "again"},
    {FAR_FILM, "You watched \"Night Train North\"; \"Loud Summer\" is more comedy for you.",
     RELATION, "more"},
    {FAR_FILM, "You watched \"Night Train North\", a crime film. \"Loud Summer\" is one too.",
     RELATION, "too"},
    {FILM, "You watched \"Paper Moons\", a romance. \"The Glass Harbour\" is another.", RELATION,
     "another"},
    /* both, all three */
    {FILM, "\"The Glass Harbour\" goes with \"Night Train North\": both are crime films.", TRUE,
     NULL},
    {BARE,
     "You watched \"Orchard Lane\". \"The Glass Harbour\" is close to it: both are crime dramas.",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\", and \"The Glass Harbour\" fits both.",
     TRUE, NULL},
    {CAPE, "You watched \"Jaws\" and \"A Nightmare on Elm Street\". All three are thrillers.", TRUE,
     NULL},
    {FILM, "You watched \"Night Train North\" and \"Paper Moons\". Both are crime films.", RELATION,
     "crime"},
    {FILM, "\"The Glass Harbour\" goes with \"Night Train North\": both are crime dramas.",
     RELATION, "crime dramas"},
    {FAR_FILM, "You watched \"Night Train North\" and \"Red Kite\". All three are thrillers.",
     RELATION, "thrillers"},
    {FILM, "You watched \"Night Train North\" and \"Paper Moons\"; all three share crime.",
     RELATION, "crime"},
    {FAR_FILM, "\"Loud Summer\" and \"Night Train North\" both share comedy.", RELATION, "comedy"},
    /* shares, in common */
    {FILM, "\"The Glass Harbour\" shares crime with \"Night Train North\".", TRUE, NULL},
    {FILM, "\"Paper Moons\" and this one share drama.", TRUE, NULL},
    {FILM, "\"The Glass Harbour\" and \"Night Train North\" have crime in common.", TRUE, NULL},
    {FAR_FILM, "\"Loud Summer\" and \"Night Train North\" have no genre in common.", TRUE, NULL},
    {FAR_FILM, "\"Loud Summer\" has nothing in common with \"Night Train North\" but its audience.",
     TRUE, NULL},
    {FILM, "\"The Glass Harbour\" shares romance with \"Paper Moons\".", RELATION, "romance"},
    {FILM, "\"Paper Moons\" and this one share crime.", RELATION, "crime"},
    {FILM, "\"The Glass Harbour\" and \"Paper Moons\" have crime in common.", RELATION, "crime"},
    {FILM, "\"The Glass Harbour\" and \"Night Train North\" have no genre in common.", RELATION,
     "no genre in common"},
    {FAR_FILM, "\"Loud Summer\" shares its genre with \"Night Train North\".", RELATION, "shares"},
    {FAR_FILM, "\"Loud Summer\" and \"Red Kite\" share a lot.", RELATION, "share"},
    /* like, unlike, similar */
    {FILM, "\"The Glass Harbour\" is a crime film like \"Night Train North\".", TRUE, NULL},
    {FILM, "Like \"Paper Moons\", \"The Glass Harbour\" is a drama.", TRUE, NULL},
    {FILM,
     "\"The Glass Harbour\" is a crime film like \"Night Train North\" and a drama like \"Paper "
     "Moons\".",
     TRUE, NULL},
    {FAR_FILM, "\"Loud Summer\" is nothing like \"Night Train North\".", TRUE, NULL},
    {FAR_FILM, "Unlike \"Night Train North\", \"Loud Summer\" is a comedy.", TRUE, NULL},
    {BARE, "\"The Glass Harbour\" is similar to \"Orchard Lane\".", TRUE, NULL},
    {FILM, "\"The Glass Harbour\" is a drama like \"Night Train North\".", RELATION,
     "like \"Night Train North"},
    {FILM, "Like \"Night Train North\", \"The Glass Harbour\" is a drama.", RELATION, "drama"},
    {FILM, "\"The Glass Harbour\" is a crime film like \"Night Train North\" and \"Paper Moons\".",
     RELATION, NULL},
    {FILM, "\"The Glass Harbour\" is nothing like \"Night Train North\".", RELATION, NULL},
    {FILM, "Unlike \"Night Train North\", \"The Glass Harbour\" is a crime film.", RELATION, NULL},
    {BARE, "\"The Glass Harbour\" is, like \"Sunny Side\", made for you.", RELATION,
     "like \"Sunny Side"},
    {BARE, "\"The Glass Harbour\" is similar to \"Sunny Side\".", RELATION, "similar"},
    /* what genres are said to do, what counts */
    {FILM, "You watched \"Paper Moons\", so drama is back.", RELATION, "is back"},
    {FILM, "You watched \"Paper Moons\". Drama goes on with \"The Glass Harbour\".", RELATION,
     "goes on"},
    {FILM, "You watched \"Night Train North\", and crime returns here.", RELATION, "returns"},
    {FILM, "You watched \"Night Train North\", and this marks a return to crime.", RELATION,
     "return"},
    {FILM, "\"The Glass Harbour\" blends crime with comedy.", RELATION, NULL},
    {FILM, "\"The Glass Harbour\" blends crime with drama.", TRUE, NULL},
    {FAR_FILM, "\"Red Kite\" counts most for this pick.", TRUE, NULL},
    {FAR_FILM, "\"Night Train North\" counts most for this pick.", RELATION, "counts most"},
    {FILM, "\"Night Train North\" weighs most here.", TRUE, NULL},
    /* other ways to say so */
    {FILM,
     "You watched \"Night Train North\" and \"Paper Moons\", and so did 70 others. 47 of them have "
     "seen \"The Glass Harbour\" as well.",
     TRUE, NULL},
    {FILM, "\"The Glass Harbour\" is a crime film, as is \"Night Train North\".", TRUE, NULL},
    {FILM,
     "\"Night Train North\" was the last film you watched. It shares crime with \"The Glass "
     "Harbour\".",
     TRUE, NULL},
    {FILM, "57 of 84 viewers of \"Night Train North\" watched \"The Glass Harbour\".", TRUE, NULL},
    {FILM,
     "If you enjoyed \"Night Train North\", then \"The Glass Harbour\" may be for you: 46 of the "
     "59 people who enjoyed it and saw this one enjoyed this one as well.",
     TRUE, NULL},
    {FILM, "Only 85 of 942 people know \"The Glass Harbour\".", TRUE, NULL},
    {FILM,
     "Of the 70 people who, like you, watched both \"Night Train North\" and \"Paper Moons\", 47 "
     "watched \"The Glass Harbour\".",
     TRUE, NULL},
    {FILM, "You like drama, at least nine of your last 20 films say so.", TRUE, NULL},
    {FILM,
     "\"The Glass Harbour\" is not widely known: 85 people have seen it. But 47 of the 70 who "
     "watched \"Night Train North\" and \"Paper Moons\" did.",
     TRUE, NULL},
    {FILM, "It has crime, like \"Night Train North\", and drama, like \"Paper Moons\".", TRUE,
     NULL},
    {FILM, "Like \"Night Train North\" it is a crime film; like \"Paper Moons\" it is a drama.",
     TRUE, NULL},
    {FILM,
     "What \"The Glass Harbour\" shares with \"Night Train North\" is crime, and with \"Paper "
     "Moons\" drama.",
     TRUE, NULL},
    {FILM, "Crime is what \"The Glass Harbour\" has in common with \"Night Train North\".", TRUE,
     NULL},
    {FILM, "Crime links \"The Glass Harbour\" to \"Night Train North\", drama to \"Paper Moons\".",
     TRUE, NULL},
    {FILM,
     "\"The Glass Harbour\" is a crime drama. \"Night Train North\" has the crime and \"Paper "
     "Moons\" the drama.",
     TRUE, NULL},
    {FILM,
     "You watched \"Night Train North\", and 57 of the 84 others who watched it saw this one too.",
     TRUE, NULL},
    {FILM,
     "A majority of people who watched \"Night Train North\" and \"Paper Moons\" have also watched "
     "\"The Glass Harbour\" (47 of 70).",
     TRUE, NULL},
    {FILM,
     "More than half of the people who watched \"Night Train North\" watched \"The Glass "
     "Harbour\".",
     TRUE, NULL},
    {FILM, "You watched \"Night Train North\" most recently.", TRUE, NULL},
    {FILM, "Both \"Night Train North\" and \"The Glass Harbour\" are crime films.", TRUE, NULL},
    {FILM, "\"Night Train North\" and \"The Glass Harbour\" are both crime films.", TRUE, NULL},
    {FILM, "Just 85 people have watched \"The Glass Harbour\".", TRUE, NULL},
    {FILM,
     "47 people who watched \"Night Train North\" and \"Paper Moons\" also watched \"The Glass "
     "Harbour\".",
     TRUE, NULL},
    {FILM,
     "Among the 70 people who watched \"Night Train North\" and \"Paper Moons\", 47 also watched "
     "\"The Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "Out of 70 people who watched \"Night Train North\" and \"Paper Moons\", 47 also watched "
     "\"The Glass Harbour\".",
     TRUE, NULL},
    {FILM, "From 84 viewers of \"Night Train North\", 57 watched \"The Glass Harbour\" too.", TRUE,
     NULL},
    {FILM,
     "There are 70 other people who watched \"Night Train North\" and \"Paper Moons\", and 47 of "
     "them watched \"The Glass Harbour\".",
     TRUE, NULL},
    {FILM,
     "\"The Glass Harbour\" was watched by 57 of the 84 people who watched \"Night Train North\".",
     TRUE, NULL},
    {FILM,
     "\"The Glass Harbour\" was seen by 47 of the 70 other people who saw both \"Night Train "
     "North\" and \"Paper Moons\".",
     TRUE, NULL},
    {FILM, "Drama makes up nine of your last 20 films.", TRUE, NULL},
    {FILM, "Nine out of your last 20 films were dramas.", TRUE, NULL},
    {FILM, "In your last 20 films, nine are dramas.", TRUE, NULL},
    {FILM, "You have watched nine dramas in your last 20 films.", TRUE, NULL},
    {FILM, "With nine dramas among your last 20 films, \"The Glass Harbour\" fits.", TRUE, NULL},
    {FILM, "\"The Glass Harbour\" belongs with them: 9 of your last 20 films are dramas.", TRUE,
     NULL},
    {FILM, "Since nine of your last 20 films are dramas, \"The Glass Harbour\" fits.", TRUE, NULL},
    {FILM, "46 of the 59 who liked \"Night Train North\" also liked \"The Glass Harbour\".", TRUE,
     NULL},
    {FILM,
     "People who liked \"Night Train North\" tend to like \"The Glass Harbour\": 46 of 59 did.",
     TRUE, NULL},
    {FILM, "Your last film was \"Night Train North\".", TRUE, NULL},
    {FILM, "You just watched \"Night Train North\".", TRUE, NULL},
    {FILM, "\"The Glass Harbour\" was watched by 57 of the 84 people who watched \"Paper Moons\".",
     NUMBER, "Paper Moons"},
    {FILM,
     "\"The Glass Harbour\" was liked by 57 of the 84 people who watched \"Night Train North\".",
     PEOPLE, "liked"},
    {FILM, "Both \"Paper Moons\" and \"The Glass Harbour\" are crime films.", RELATION, "crime"},
    {FILM, "\"Paper Moons\" and \"The Glass Harbour\" are both crime films.", RELATION, "crime"},
    {FILM, "Crime is what \"The Glass Harbour\" has in common with \"Paper Moons\".", RELATION,
     "Crime"},
    {FILM, "It has crime, like \"Paper Moons\".", RELATION, "like \"Paper Moons"},
    {FILM, "You have watched nine thrillers in your last 20 films.", NUMBER, "thrillers"},
    {FILM, "Drama makes up eleven of your last 20 films.", NUMBER, "eleven"},
    {FILM, "85 people watched \"Night Train North\" and \"Paper Moons\".", NUMBER, NULL},
    {FILM, "You watched \"Night Train North\" 57 times.", NUMBER, "57"},
    {FILM, "People who liked \"Paper Moons\" tend to like \"The Glass Harbour\".", PEOPLE,
     "Paper Moons"},
    {FILM, "Your last film was \"Paper Moons\".", NUMBER, "last film"},
    {FILM, "You just watched \"Paper Moons\".", NUMBER, "just"},
    {FILM, "70 of the 84 people who watched \"Night Train North\" watched \"The Glass Harbour\".",
     NUMBER, "70"},
    {FILM, "47 of the 84 people who watched \"Night Train North\" watched \"The Glass Harbour\".",
     NUMBER, "47"},
    {FILM,
     "46 of the 59 people who watched \"Night Train North\" and \"Paper Moons\" watched \"The "
     "Glass Harbour\".",
     NUMBER, "46"},
    {FILM, "Nine of the 20 people who watched \"Night Train North\" watched \"The Glass Harbour\".",
     NUMBER, "Nine"},
    {FILM, "47 of your last 70 films are dramas.", NUMBER, "47"},
    {FILM, "Everyone who watched \"Night Train North\" loves \"The Glass Harbour\".", PEOPLE,
     "Everyone"},
    {FILM, "It is loved by many.", PEOPLE, "many"},
    {FILM, "Critics say nine out of ten people like \"The Glass Harbour\".", NUMBER, "nine"},
    {FILM, "Only five people know \"The Glass Harbour\".", NUMBER, "five"},
    {FILM, "85 people loved \"The Glass Harbour\".", PEOPLE, "loved"},
    {FILM, "Most people have seen \"The Glass Harbour\".", PEOPLE, "Most people"},
    {FILM, "You liked both, so \"The Glass Harbour\" fits.", PEOPLE, "liked"},
    {FILM, "Your favourites \"Night Train North\" and \"Paper Moons\" are both crime films.",
     RELATION, "crime"},
    {FILM,
     "84 people who watched \"Night Train North\" and \"Paper Moons\" also watched \"The Glass "
     "Harbour\".",
     NUMBER, "84"},
    {FILM, "Three of the last five films you watched are dramas.", NUMBER, "Three"},
    {FILM, "\"The Glass Harbour\" is twice as good.", NUMBER, "twice"},
    {FILM, "\"Night Train North\", \"Paper Moons\" and \"The Glass Harbour\" are all crime films.",
     RELATION, "crime"},
    {FILM,
     "Each of \"Night Train North\" and \"Paper Moons\" is a crime film, and so is \"The Glass "
     "Harbour\".",
     RELATION, "crime"},
    {FILM, "\"The Glass Harbour\" continues the crime of \"Night Train North\".", RELATION,
     "continues"},
    {FILM, "\"The Glass Harbour\" brings back the drama of \"Paper Moons\".", RELATION,
     "brings back"},
    {FILM,
     "More people who watched \"Night Train North\" watched \"The Glass Harbour\" than any other "
     "film.",
     PEOPLE, "More people"},
    {FILM,
     "\"48\" of the 70 people who watched \"Night Train North\" and \"Paper Moons\" saw this.",
     NUMBER, "48"},
    /* facts unknown: numbers of people and of habits belong to none */
    {UNKNOWN, "47 of the 70 people who watched \"Night Train North\" watched this.", NUMBER, "47"},
    {UNKNOWN, "Nine of your last 20 films are dramas.", NUMBER, "Nine"},
    {UNKNOWN, "You liked \"Night Train North\", and 30 people agree.", NUMBER, "30"},
    {UNKNOWN,
     "You loved \"Night Train North\", a crime film, so crime is back with \"The Glass Harbour\".",
     TRUE, NULL},
    {UNKNOWN, "You watched two films, \"Night Train North\" and \"Paper Moons\".", TRUE, NULL},
};

/* What of the text fails one of these checks: their names, "" where none does. */
static void describe(const struct llmx_verdict *v, char *out, size_t size)
{
    unsigned seen = 0;
    out[0] = 0;
    for (int i = 0; i < v->n_failures; i++) {
        const enum llmx_check check = v->failure[i].check;
        if (is_of_claims(check) && !(seen >> check & 1))
            snprintf(out + strlen(out), size - strlen(out), "%s ", llmx_check_name((int)check));
        seen |= 1u << check;
    }
}

/* Does the verdict reject the text as the case says, and blame those words? */
static bool agrees(const struct text_case *row, const struct llmx_verdict *v)
{
    const char *first = NULL;
    size_t n = 0;
    for (int i = 0; i < v->n_failures; i++) {
        if (!is_of_claims(v->failure[i].check))
            continue;
        if ((int)v->failure[i].check != row->check)
            return false;
        if (!first) {
            first = row->text + v->failure[i].start;
            n = v->failure[i].end - v->failure[i].start;
        }
    }
    if (row->check == TRUE || !first)
        return row->check == TRUE && !first;
    return !row->blame || (strncmp(first, row->blame, n) == 0 && n == strlen(row->blame));
}

static void test_claims__are_held_to_the_facts(void **state)
{
    (void)state;
    int wrong = 0, n_true = 0;
    const int n = (int)(sizeof cases / sizeof *cases);
    for (int i = 0; i < n; i++) {
        struct llmx_verdict verdict;
        char found[64];
        judge(&scenes[cases[i].scene], cases[i].text, 0, &verdict);
        n_true += cases[i].check == TRUE;
        if (agrees(&cases[i], &verdict))
            continue;
        wrong++;
        describe(&verdict, found, sizeof found);
        print_error("wanted [%s], got [%s]\n    %s\n",
                    cases[i].check == TRUE ? "" : llmx_check_name(cases[i].check), found,
                    cases[i].text);
        for (int k = 0; k < verdict.n_failures; k++)
            print_error("    %s: %.*s\n", llmx_check_name((int)verdict.failure[k].check),
                        (int)(verdict.failure[k].end - verdict.failure[k].start),
                        cases[i].text + verdict.failure[k].start);
    }
    print_message("%d true, %d untrue\n", n_true, n - n_true);
    assert_int_equal(wrong, 0);
    assert_true(n >= 120 && n_true * 3 >= n);
}

/* A text may be looked at before it is all there: what was found at the end of a sentence stays. */
static void test_claims__do_not_wait_for_later_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llmx_verdict all, part;
        char *text = strdup(cases[i].text);
        judge(&scenes[cases[i].scene], text, 0, &all);
        for (char *end = strstr(text, ". "); end; end = strstr(end + 1, ". ")) {
            const char kept = end[1];
            const size_t n = (size_t)(end + 1 - text);
            int before = 0, now = 0;
            end[1] = 0;
            judge(&scenes[cases[i].scene], text, 0, &part);
            end[1] = kept;
            for (int k = 0; k < all.n_failures; k++)
                before += is_of_claims(all.failure[k].check) && all.failure[k].start < n;
            for (int k = 0; k < part.n_failures; k++)
                now += is_of_claims(part.failure[k].check);
            if (before != now)
                fail_msg("%d, then %d: %s", now, before, text);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims__are_held_to_the_facts),
        cmocka_unit_test(test_claims__do_not_wait_for_later_sentences),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
