"""How the product works, what its words mean, and small talk."""

import re

from assistant.skills import routes
from assistant.skills.questions import next_questions
from assistant.skills.turn import Reply, Turn
from assistant.understanding.normalise import read

# The first entry whose words stand in the question answers it: (words, page, steps).
_HOW_TO: tuple[tuple[str, str, str], ...] = (
    (
        r"undo|revert|mistake",
        "history",
        (
            "What you change on a page can be changed back on the same "
            "page; I never change anything myself."
        ),
    ),
    (
        r"(?:delete|erase|export|download) .{0,20}\b(?:data|account|history|conversations?)|privacy",
        "settings",
        "Open settings and go to privacy: there you can export or delete your own data.",
    ),
    (
        r"notif\w*|alerts?|remind\w*|mute",
        "settings",
        ("Open settings and go to notifications to choose which alerts you get."),
    ),
    (
        r"default|preferences?|settings?|suggestions?|kit order",
        "settings",
        "Open settings: the default kit, the order of the kits and suggestions are set there.",
    ),
    (r"import|csv|excel|bulk", "samples", "Open samples and import your list there."),
    (
        r"(?:add|create|register|new) .{0,20}\b(?:sample|piece|item)",
        "samples",
        "Open samples and add a new one; a name and a status are enough to start.",
    ),
    (r"hero", "samples", "Open the sample and set its hero flag; heroes are watched first."),
    (
        r"return|send back|loan",
        "returns",
        (
            "Open returns: set a return date on a sample and it is "
            "listed there; mark it returned when it has left."
        ),
    ),
    (
        r"status|received|on set|check in|samples?|pieces?|dress|location|eta",
        "samples",
        "Open samples, choose the piece and change its status, location or dates there.",
    ),
    (
        r"run of show|timeline|schedule|cue",
        "run_of_show",
        ("Open run of show to see and edit the order of the day."),
    ),
    (
        r"staff|crew|shift|role|usher",
        "staffing",
        ("Open staffing to set how many people a role needs and who is assigned."),
    ),
    (
        r"tasks?|to ?do|assign|deadline|depend\w*",
        "tasks",
        (
            "Open tasks: add one there, or open one "
            "to change its owner, status, due date or what it depends on."
        ),
    ),
    (
        r"shot list|shots?",
        "shot_list",
        ("Open the shot list to add the shots that you need and to see what is covered."),
    ),
    (
        r"approv\w*|reject\w*|review|tag|rate|rating|upload|images?|photos?|pictures?|assets?",
        "gallery",
        ("Open the gallery: upload there, and select an image to approve, reject, tag or rate it."),
    ),
    (
        r"export|share|download|send",
        "insights",
        ("Open the page that holds the list and use its export or share button."),
    ),
    (
        r"batch|shoot|order",
        "logistics",
        (
            "Ask me “Suggest a shooting order”: I group the samples "
            "so that setups change as seldom as possible."
        ),
    ),
)

# The first entry whose words stand in the question explains it.
_TERMS: tuple[tuple[str, str], ...] = (
    (
        r"weighted",
        (
            "The weighted score counts heroes three times and gives part marks on the way: "
            "received counts 0.6, in transit 0.25."
        ),
    ),
    (r"bottleneck", "The bottleneck is the status that holds most of what is not ready yet."),
    (
        r"readiness|ready|score|percent\w*",
        (
            "Readiness is (on set + shot) / all samples, as a percentage; "
            "cancelled samples are left out, and a piece that was shot and went back still counts as "
            "ready."
        ),
    ),
    (
        r"watch ?list",
        (
            "The watchlist holds late samples that do not endanger the shoot yet; heroes "
            "at risk and everything severe are blockers."
        ),
    ),
    (
        r"severity|warning|critical|red|orange|amber|yellow|colou?rs?|badge|dot",
        (
            "Critical means a lost or late hero, or readiness below 50%; warning means something is "
            "late or readiness is below 80%; success means that all is fine."
        ),
    ),
    (
        r"blockers?|blocked",
        (
            "A blocker is a sample that endangers the shoot: a hero that is late, "
            "lost or damaged, or any piece with a severity of 70 or more."
        ),
    ),
    (
        r"hero(?:es)?",
        (
            "A hero is a piece that must be in the campaign or opens the line-up; heroes "
            "are counted and watched first."
        ),
    ),
    (
        r"batch(?:ing|es)?",
        (
            "A batch is a group of samples that share a setup, so they can be shot "
            "without changing set, light, background or model."
        ),
    ),
    (
        r"change ?overs?|setup",
        (
            "A changeover is the time lost between two setups: moving the set, "
            "the light, the background or the model."
        ),
    ),
    (r"forecast", "The forecast estimates readiness from arrival times and past delays."),
    (
        r"critical path|longest",
        (
            "The critical path is the chain of tasks that decides when the "
            "event is ready: a delay on it delays everything."
        ),
    ),
    (
        r"free float|slack|float",
        ("Slack (or float) is how long a task can slip before it delays the event."),
    ),
    (
        r"run of show",
        ("The run of show is the minute-by-minute order of an event, from load-in to load-out."),
    ),
    (r"shot list", "The shot list names the pictures that have to be taken, look by look."),
    (r"selects?", "Selects are the best pictures chosen for use: good quality and enough variety."),
    (r"awaiting", "Awaiting means ordered or confirmed, but not shipped yet."),
    (r"in transit", "In transit means shipped and on its way to you."),
    (r"on set", "On set means that the piece is at the set and can be shot now."),
    (r"received", "Received means that the piece has arrived and is not on set yet."),
    (r"delayed", "Delayed means that the piece will come later than expected."),
)
_HOW_TO_RULES = tuple(
    (re.compile(rf"\b(?:{words})\b"), page, text) for words, page, text in _HOW_TO
)
_TERM_RULES = tuple((re.compile(rf"\b(?:{words})\b"), text) for words, text in _TERMS)
_PAGE_BY_KIT = {
    "logistics": "samples",
    "events": "events",
    "media": "gallery",
    "recommendations": "recommendations",
}
_ABLE = (
    "I can tell you how ready the samples are, where a piece is, what endangers the shoot and the best shooting order; "
    "the critical path, tasks, staffing and run of show of an event; which shots are missing, and the best pictures. "
    "I can propose changes for you to confirm, and open any page."
)


def _plain(turn: Turn) -> str:
    return " ".join(read(turn.message).spelled)


def howto(turn: Turn) -> Reply:
    plain = _plain(turn)
    for words, slug, steps in _HOW_TO_RULES:
        if words.search(plain):
            return Reply(
                content=steps,
                actions=(routes.open_page(slug, primary=True),),
                follow_up=next_questions(turn),
            )
    slug = _PAGE_BY_KIT.get(turn.kit, "home")
    return Reply(
        content="I don't have steps for that. Most things are done on their own page; "
        "this one is the nearest.",
        actions=(routes.open_page(slug, primary=True),),
        follow_up=next_questions(turn, "What can you do?"),
    )


def explain(turn: Turn) -> Reply:
    plain = _plain(turn)
    for words, text in _TERM_RULES:
        if words.search(plain):
            return Reply(content=text, follow_up=next_questions(turn))
    return Reply(
        content="I can't tell which term you mean. I can explain readiness, blockers, severity, "
        "heroes, batches, changeovers, the critical path, slack and every sample status.",
        follow_up=("What does readiness mean?", "What is a blocker?", "What does slack mean?"),
    )


def capabilities(turn: Turn) -> Reply:
    return Reply(
        content=_ABLE,
        actions=(routes.open_page(_PAGE_BY_KIT.get(turn.kit, "samples")),),
        follow_up=next_questions(turn),
    )


def troubleshoot(turn: Turn) -> Reply:
    return Reply(
        content="Sorry about that. Reload the page first; if it stays, sign out and in again, and "
        "for an upload check the file's type and size. If it still fails, tell support what you "
        "did and when.",
        severity="warning",
        actions=(routes.open_page(_PAGE_BY_KIT.get(turn.kit, "home")),),
        follow_up=next_questions(turn, "Contact support"),
    )


def contact(turn: Turn) -> Reply:
    return Reply(
        content="I can't put you through to a person from this chat. Your team's FashionOS "
        "support can see your account; settings shows how to reach them.",
        actions=(routes.open_page("settings", primary=True),),
        follow_up=next_questions(turn),
    )


_CHATS = (
    (
        r"\b(?:who|what) are you\b|\b(?:bot|robot|human|ai|real|name)\b|\bwho (?:made|built)\b",
        "I'm the FashionOS assistant, a program: I answer from the data on your screen.",
    ),
    (
        (
            r"\b(?:bad|wrong|terrible|awful|poor|useless|stupid|nonsense|rubbish|dumb|not (?:right|what"
            r"|helpful)|annoying|meh|hate)\b"
        ),
        "Sorry, that missed the point. Say it another way, or name the piece, look or date you mean.",
    ),
    (r"\b(?:thanks|thank|cheers|ta|merci|gracias|appreciate\w*)\b", "You're welcome."),
    (
        (
            r"\b(?:well done|good (?:job|work|answer)|great|awesome|perfect|amazing|brilliant|love|nice"
            r"|excellent|cool)\b"
        ),
        "Glad that helped.",
    ),
    (r"\b(?:bye|goodbye|see you|later|good night)\b", "See you."),
    (r"\bhow are you\b|\bhow is it going\b", "All fine here, ready when you are."),
)
_CHAT_RULES = tuple((re.compile(words), text) for words, text in _CHATS)


def smalltalk(turn: Turn) -> Reply:
    plain = _plain(turn)
    said = next((text for words, text in _CHAT_RULES if words.search(plain)), "Hello!")
    return Reply(content=f"{said} What would you like to know?", follow_up=next_questions(turn))


def affirm(turn: Turn) -> Reply:
    return Reply(
        content="There is nothing waiting for a yes, so nothing was changed. "
        "What would you like to do?",
        follow_up=next_questions(turn),
    )


def deny(turn: Turn) -> Reply:
    return Reply(
        content="OK, nothing was changed.",
        follow_up=next_questions(turn),
    )


def out_of_scope(turn: Turn) -> Reply:
    return Reply(
        content=f"I can't help with that. {_ABLE}",
        follow_up=next_questions(turn, "What can you do?"),
    )
