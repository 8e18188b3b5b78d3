"""What the words alone leave open: the kit decides, or a word of the kit does."""

from assistant.understanding.phrases.words import TASK, Rule, by_kit, rule

OPEN: tuple[Rule, ...] = (
    rule(
        "logistics.locate", r"^(?:where (?:is|are)|who has|locate|track|find)\b", kits="logistics"
    ),
    rule(
        "media.asset_find",
        r"\b(?:images?|photos?|pictures?|pics?|assets?|frames|jpe?gs?|raws?|files|thumbnails?"
        r"|landscape|portraits?|close ?ups?|flat lays?|back ?stage shots?|hero shots?"
        r"|front (?:shots?|view|angle)|back (?:shots?|view|angle)|(?:detail|wide|side|vertical"
        r"|horizontal|outdoor|studio|beauty|profile) shots?)\b",
    ),
    rule(
        "events.task_lookup",
        r"\bwho (?:owns?|is (?:responsible|accountable|in charge|doing|handling|assigned|on"
        r"|leading|taking care)|does|handles|runs|leads|has|takes care)\b",
        r"\btask\b(?!s)",
        r"\b(?:owner|assignee) of\b",
        r"^(?:is|are) (?:the |our )?(?!xitem|we |you |they |it |i )(?:\w+ ){1,4}(?:finished"
        r"|done|complete|completed|started"
        r"|blocked|booked|confirmed|signed|sorted|on track)\b",
        r"\bstatus of (?:the )?(?!xitem|samples?|shoot|my|our|everything|all)(?:\w+ ?){1,4}$",
        kits="events home recommendations",
    ),
    rule(
        "events.task_lookup",
        r"\bwho (?:owns?|is (?:responsible|accountable|in charge|assigned))\b",
        r"\btask \w+",
        r"\bthe \w+ task\b",
        r"\bblocks? (?:the )?\w+ task\b",
    ),
    rule(
        "events.task_lookup",
        r"\bwhen (?:is|are) .{1,40}\bdue\b",
        r"\bhas .{1,40}\b(?:started|finished|been (?:done|booked|confirmed|finished|sent|signed|paid|ordered))\b",
        r"\bdid .{1,40}\b(?:finish|complete|start|book|confirm)\b",
        kits="events",
    ),
    rule(
        "events.task_list",
        rf"\b{TASK}\b",
        r"\b(?:my|our) (?:jobs|work|assignments)\b",
        r"\bwhat (?:do|have) i (?:have|got)\b",
    ),
    rule(
        "events.task_list",
        r"\boverdue\b",
        r"\bdue\b",
        r"\bblocked\b",
        r"\bassigned to\b",
        r"\bin progress\b",
        r"\bunassigned\b",
        r"\bcompleted\b",
        r"\bleft to do\b",
        r"\bwhat (?:is|are) (?:late|done|open|finished)\b",
        kits="events",
    ),
    *by_kit(
        r"\b(?:blockers?|bottlenecks?|at risk|risks?|blocking|on (?:track|schedule|time)"
        r"|behind(?: schedule)?|holding (?:us )?up|anything late|delays?)\b",
        events="events.critical_path",
    ),
    *by_kit(
        r"\b(?:on track|on schedule|on time|behind(?: schedule)?)\b",
        logistics="logistics.readiness",
        media="media.missing",
        home="overview.summary",
        recommendations="overview.summary",
    ),
    *by_kit(
        r"\bmissing\b",
        r"\black(?:ing)?\b",
        r"\bgaps?\b",
        logistics="logistics.list",
        events="events.staffing",
        media="media.missing",
        home="overview.summary",
        recommendations="rec.next_actions",
    ),
    *by_kit(
        r"\bleft\b",
        r"\bremain(?:s|ing)?\b",
        r"\bstill (?:open|to do|need(?:ed)?|outstanding|pending)\b",
        r"\bto go\b",
        r"\boutstanding\b",
        logistics="logistics.list",
        events="events.task_list",
        media="media.missing",
        home="rec.next_actions",
        recommendations="rec.next_actions",
    ),
    *by_kit(
        r"\b(?:done|finished|complete[d]?|good|set)\b",
        logistics="logistics.readiness",
        events="events.task_list",
        media="media.missing",
        home="overview.summary",
        recommendations="overview.summary",
    ),
    *by_kit(
        r"\b(?:recommend|suggest|advise|suggestions?|recommendations?|advice)\b",
        logistics="rec.next_actions",
        events="rec.next_actions",
        media="media.selects",
        home="rec.next_actions",
        recommendations="rec.packages",
    ),
    *by_kit(
        r"^(?:and |what about |how about )?look \d+$",
        logistics="logistics.locate",
        events="events.run_of_show",
        media="media.asset_find",
        home="nav.entity",
        recommendations="nav.entity",
    ),
    *by_kit(
        r"\blooks? \d+\b",
        logistics="logistics.locate",
        events="events.run_of_show",
        media="media.asset_find",
        home="logistics.locate",
        recommendations="logistics.locate",
    ),
    *by_kit(
        r"\b(?:best|top|favou?rites?)\b",
        media="media.selects",
    ),
    *by_kit(
        r"\b(?:delayed|late|overdue)\b",
        logistics="logistics.list",
    ),
)


OVERVIEW: tuple[Rule, ...] = (
    rule(
        "rec.next_actions",
        r"\bwhat (?:should|shall|do|must|can|could|would|to) (?:i|we|you suggest|u)?\b ?(?:do"
        r"|work on|start|focus|tackle|prioriti[sz]e|handle|begin|concentrate|look at|fix"
        r"|need to do|have to do|be doing)\b(?!.{0,20}\b(?:shoot|photograph)\b)",
        r"\bnext (?:steps?|actions?|best|thing|move|task for me|things)\b",
        r"\b(?:needs?|requires?|deserves?) (?:my |our |some )?(?:attention|action)\b",
        r"\bwhat (?:is|comes) next\b",
        r"\bpriorit(?:y|ies)\b",
        r"\bwhere (?:do|should|shall|to) (?:i|we)? ?(?:start|begin)\b",
        r"\bmost (?:urgent|important|pressing)\b",
        r"\burgent\b",
        r"\bwhat to do\b",
        r"\bwhat now\b",
        r"\bto do (?:next|now|today|first)\b",
        r"\bfocus on\b",
        r"\b(?:my (?:agenda|day|plan)|plan for (?:today|tomorrow))\b",
    ),
    *by_kit(
        r"^how (?:are|r) (?:we|things) (?:doing|looking|going|standing)?",
        r"\bwhere (?:do|are) we(?: stand| at)?$",
        r"\bhow (?:do|does) (?:we|it|things) (?:stand|look)\b",
        logistics="logistics.readiness",
    ),
    rule(
        "overview.summary",
        r"\bstatus (?:update|report|of everything|check|overall)\b",
        r"^status$",
        r"^(?:update|updates|news|summary|overview|recap|sitrep)\b",
        r"\b(?:summar(?:y|ies|i[sz]e)|overview|recap|sitrep|round ?up|wrap up|big picture"
        r"|briefing|daily brief|digest|state of play|high ?level)\b",
        r"\bwhat (?:did|have) i miss(?:ed)?\b",
        r"\bcatch me up\b",
        r"\bbring me up to (?:speed|date)\b",
        r"\bwhat (?:has |have |is )?(?:changed|happened|new|going on|happening)\b",
        r"\bany(?:thing)? (?:new|updates?|changes?|news)\b",
        r"\bbrief me\b",
        r"\bhow (?:are|is|do|does) (?:things|everything|it|we|all|the (?:project|day|week"
        r"|campaign))\b",
        r"\bwhere (?:do|are) we\b",
        r"\bfill me in\b",
        r"\bupdate me\b",
        r"\b(?:latest|changes) (?:since|overnight|today)\b",
        r"\bwhat is the (?:status|situation|state|latest|update)$",
    ),
)
