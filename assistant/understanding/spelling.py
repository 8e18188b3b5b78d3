"""How people write: contractions, shorthand, slips of the finger, plurals."""

from assistant.understanding.lexicon import CLASS_OF, COLOURS, DESIGNERS, FILLERS, NAMES, words

CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "what's": "what is",
    "where's": "where is",
    "who's": "who is",
    "when's": "when is",
    "how's": "how is",
    "why's": "why is",
    "that's": "that is",
    "there's": "there is",
    "here's": "here is",
    "it's": "it is",
    "everything's": "everything is",
    "anything's": "anything is",
    "o'clock": "oclock",
    "w/o": "without",
    "b/c": "because",
}

SHORTHAND = {
    "merci": "thanks", "danke": "thanks", "grazie": "thanks", "gracias": "thanks",
    "bonjour": "hello", "hola": "hello", "salut": "hello", "hallo": "hello", "ja": "yes",
    "oui": "yes",
    "dnt": "do not", "donnt": "do not", "dotn": "do not", "dontt": "do not", "dun": "do not",
    "cnt": "can not", "shudnt": "should not", "mustnt": "must not", "neednt": "need not",
    "aint": "is not", "canel": "cancel", "cancle": "cancel",
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not",
    "wont": "will not", "isnt": "is not", "arent": "are not", "wasnt": "was not",
    "werent": "were not", "havent": "have not", "hasnt": "has not", "shouldnt": "should not",
    "couldnt": "could not", "wouldnt": "would not", "whats": "what is", "wats": "what is",
    "wheres": "where is", "whens": "when is", "whos": "who is", "hows": "how is",
    "thats": "that is", "theres": "there is", "im": "i am", "ive": "i have", "youre": "you are",
    "lk": "look", "lks": "looks", "nxt": "next", "chk": "check", "lst": "list", "tsk": "task",
    "tsks": "tasks", "pic": "picture", "pics": "pictures",
    "lets": "let us", "r": "are", "u": "you", "ur": "your", "plz": "please", "pls": "please",
    "plse": "please", "thx": "thanks", "thnx": "thanks", "tnx": "thanks", "ty": "thanks",
    "tysm": "thanks", "wat": "what", "wut": "what", "wht": "what", "whr": "where",
    "wher": "where", "wer": "where", "wen": "when", "hw": "how", "hv": "have", "rdy": "ready",
    "redy": "ready", "b4": "before", "2day": "today", "tdy": "today", "2moro": "tomorrow",
    "2morrow": "tomorrow", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow",
    "tomo": "tomorrow", "tomoz": "tomorrow", "tonite": "tonight", "2nite": "tonight",
    "wk": "week", "hrs": "hours", "hr": "hour", "mins": "minutes", "gonna": "going to",
    "wanna": "want to", "gotta": "have to", "gimme": "give me", "lemme": "let me",
    "abt": "about", "ppl": "people", "smpl": "sample", "smpls": "samples", "msg": "message",
    "rn": "right now", "ros": "run of show", "dis": "this", "dat": "that", "da": "the",
    "cuz": "because", "coz": "because", "yep": "yes", "yup": "yes", "yeah": "yes",
    "yea": "yes", "nope": "no", "nah": "no", "naw": "no", "hiya": "hi", "heya": "hi",
    "k": "ok", "kk": "ok", "okay": "ok", "okey": "ok", "sched": "schedule", "info": "information",
    "recs": "recommendations", "deets": "details", "diff": "difference", "nvm": "nevermind",
    "noone": "nobody", "alot": "a lot", "arriv": "arrive", "delivry": "delivery",
    "photoshoot": "shoot", "todays": "today", "tomorrows": "tomorrow", "runofshow": "run of show",
    "shotlist": "shot list", "lookbook": "lookbook", "onset": "on set", "intransit": "in transit",
}  # fmt: skip

_SLIPS = {
    "samlpes": "samples", "smaples": "samples", "sampels": "samples", "sampel": "sample",
    "recieved": "received", "recived": "received", "delyed": "delayed", "dellayed": "delayed",
    "arived": "arrived", "arrving": "arriving", "ariving": "arriving", "arive": "arrive",
    "schedual": "schedule", "bloker": "blocker", "blokers": "blockers", "reddy": "ready",
    "tommorow": "tomorrow", "tommorrow": "tomorrow", "tomorow": "tomorrow",
    "wendsday": "wednesday", "wensday": "wednesday", "retun": "return", "retuns": "returns",
    "galery": "gallery", "critcal": "critical", "aprove": "approve", "aproved": "approved",
}  # fmt: skip

# Words whose misspellings are repaired.
_REPAIRED = (
    CLASS_OF.keys()
    | COLOURS
    | words("""
    analytics anything approval approvals approve approved arrival arrivals arrive arrived
    arrives arriving assets assign attention available awaiting batch batches batching
    blocked blocker blockers blocking blurry broken budget capabilities category changeover
    colour coming commands complete completed contact could courier create critical customs
    damaged delayed delays delete delivered deliveries delivery dependencies dependency
    designer download dressers events everything expected expecting explain export feature
    features finished friday gallery grouping hello heroes history images incoming insight
    insights issues loans location logistics media missing monday navigate notification
    notifications overdue overloaded overview package packages password pending photos
    pictures pieces please priorities priority problem problems quality readiness ready
    received recommend recommendation recommendations recommended rehearsal reject rejected
    reminder reschedule resolution return returned returning returns sample samples saturday
    schedule select selects sequence settings shipment shooting should slack something
    staffing status suggest suggestion summary sunday support tasks thanks thursday timeline
    today tomorrow tonight transit tuesday update upload ushers weather wednesday weekend
    where which workload would yesterday
""")
)

# Short words that are repaired too: most others of their length are too near to something else.
_SHORT = words("look looks check task list late hero open page shoes dress clear share gown silk")

# Words that are right as they stand, however near to one of those.
_CORRECT = (
    FILLERS
    | DESIGNERS
    | NAMES
    | words("""
    abort alias alter among approves arriving assert asset batched begin beige being bells
    belts bending black blank block boats booked boots boring branded brands brown calculate
    cases casts catch cause caused cease chain chance changed chapter charge chased check
    checks church clause clean clear click close closed cloud clutch coal coast coding comps
    contract cooked cores costs course court cream created crown custom damages deleted
    dream driving eating eight ending event feels fires first found giving goats gowns grant
    greek green greeting ground hand hands handy hats heading heating heels height horse
    hours house image issued kings landing latch later latter leading least lending light
    living loading loads loan locale locked locks looked loops loose lower market match
    means meant meeting might model models month mount newer night older orange order
    ordered orders other others outer owner owners packaged paint pants param parse partly
    parts party patch pending people photo picks picture place placed plain plan plane plans
    plant play plays points possibly price prime print printed proto purple raised range
    reading reads ready receives rejects relay remain remainder remains remote reply review
    reviews right rings robe robes roots round route router scheduled scope scopes scores
    seating select selected selection sending serve served server setting shaped shared
    shares sheet shirt shooter shooters short shorts shots sight silver simple skill skipped
    skirts slice sliver slots sorry sorts sound speed spending spent stack staff stage stale
    stand stars start starts state stated stats stock store stored story street stuff style
    suite suits suppose sweep takes tending thank their there these thing things think those
    though three threw through throw ticks timed timer tired title tops torch towns trace
    tracing trail trailer train traps trash trees trends tries updated user users visit
    warning watch water weight wheels whether whose wording words world worse worst worth
    write writer writing shop shops store stores lit lat lot don doe loo lie gow opn pen her ape
    pag lis clar car shoe ope csv pdf jpg png img dsc fyi tbd tbc rsvp brb nyc dhl ups gps mrs sms ldn why try dry
    sky fly shy gym rhythm
""")
)

_COMMON = _CORRECT | _REPAIRED | _SHORT
_NO_VOWELS = str.maketrans("", "", "aeiou")
_SHORTEST_SHORT = 3
_SHORTEST, _LONGEST = 5, 20
_SHORTEST_PLURAL = 4


def singular(word: str) -> str:
    """Return a crude singular: enough to bring `dresses`, `scarves` and `bags` to their heads."""
    if len(word) < _SHORTEST_PLURAL or word.endswith(("ss", "us", "is")):
        return word
    for plural, head in (
        ("ies", "y"),
        ("ves", "f"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
    ):
        if word.endswith(plural):
            return word[: -len(plural)] + head
    return word.removesuffix("s")


def _deletions(word: str) -> set[str]:
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def shortenings(word: str) -> tuple[str, ...]:
    """Return a word without its vowels, also with `ck` as `k`; the whole word when little is left."""
    short = word[:1] + word[1:].translate(_NO_VOWELS)
    if len(short) < _SHORTEST_SHORT:
        return (word,)
    return tuple(dict.fromkeys((short, short.replace("ck", "k"))))


def is_short_for(word: str, known: str) -> bool:
    """Tell whether a word is a known one with letters left out."""
    letters = iter(known)
    return word[:1] == known[:1] and len(word) < len(known) and all(one in letters for one in word)


def _written_short() -> dict[str, str]:
    """Return {word without vowels: word}, of those that stand for one word only."""
    found: dict[str, str] = {}
    several: set[str] = set()
    for known in sorted(_REPAIRED | _SHORT, key=lambda known: (len(known), known)):
        for short in shortenings(known):
            if found.get(short, known) not in {known, singular(known)}:
                several.add(short)
            found.setdefault(short, known)
    return {
        short: known
        for short, known in found.items()
        if short != known and short not in several and not is_common(short)
    }


def _slips_of_short_words() -> dict[str, str]:
    """Return {word with a letter left out, or two swapped: word} of the short words said most."""
    found: dict[str, str] = {}
    for known in sorted(_SHORT):
        for at in range(1, len(known)):
            for slip in (
                known[:at] + known[at + 1 :],
                known[:at] + known[at : at + 2][::-1] + known[at + 2 :],
            ):
                if len(slip) >= _SHORTEST_SHORT and not is_common(slip):
                    found.setdefault(slip, known)
    return found


def _near_spellings() -> dict[str, str]:
    near: dict[str, str] = {}
    for known in sorted(_REPAIRED):
        if len(known) >= _SHORTEST:
            for key in _deletions(known):
                near.setdefault(key, known)
    return near


def is_common(word: str) -> bool:
    """Tell whether a word is right as it stands, so that it is no misspelt name."""
    return not _COMMON.isdisjoint((word, singular(word)))


_NEAR = _near_spellings()
_SHORTER = _slips_of_short_words() | _written_short() | _SLIPS


def spell(word: str) -> str:
    """Return the product's word that is one slip of the finger away, or that is written short."""
    if word in _SHORTER:
        return _SHORTER[word]
    if (
        len(word) < _SHORTEST
        or len(word) > _LONGEST
        or is_common(word)
        or word in DESIGNERS
        or not word.isalpha()
    ):
        return word
    for key in sorted(_deletions(word), key=lambda key: (-len(key), key)):
        known = _NEAR.get(key)
        if known and known[0] == word[0] and abs(len(known) - len(word)) <= 1:
            return known
    return word
