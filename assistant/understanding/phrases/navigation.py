"""Going to a page or to one record."""

from assistant.understanding.phrases.words import (
    GO,
    ONE_PICTURE,
    PAGE,
    PAGE_WORD,
    PLAIN_PAGE,
    SEE,
    THE,
    Rule,
    rule,
)

NAVIGATION: tuple[Rule, ...] = (
    rule(
        "nav.page",
        r"^(?:please )?(?:go |get |take me |navigate |bring me |return |step )?(?:back"
        r"|to the previous (?:page|screen)|previous (?:page|screen)"
        r"|(?:to )?(?:the )?last (?:page|screen))$",
    ),
    rule(
        "nav.entity",
        rf"^(?!find|check|give|get)(?:{SEE}|{GO})(?: me| us)?(?: {THE})? ?(?:(?:full|complete"
        r"|whole) )?(?:(?:record|details?|page|card|profile|info|information)(?: page)? (?:of"
        r"|for|on|about) (?:the )?)?(?:sample |piece |item |task )?(?:xitem"
        rf"|looks? (?:number )?\d+|{ONE_PICTURE}|task (?:number )?\w*\d\w*)(?: sample| piece"
        r"| item)?(?: (?:record|details?|page|card|profile|entry|in full|full|full screen"
        r"|please|in detail|info|information|now|file|sheet)){0,2}$",
    ),
    rule(
        "nav.entity",
        r"^(?:open|view|display|pull up|bring up)(?: me)? (?:the |my )?(?!.*\b(?:all|list"
        r"|every)\b)(?:\w+ ){1,5}(?:record|card|details?|detail page|task)$",
    ),
    rule(
        "nav.page",
        rf"^{GO}\b {THE}(?:\w+ ){{0,2}}{PAGE}(?: {PAGE_WORD})?(?: (?:please|now|again"
        r"|for me))?$",
    ),
    rule(
        "nav.page",
        rf"\b(?:{SEE}|where is|where are|how do i get to|can i see|i want|i need|find"
        rf"|take me to|want)\b(?: me| us)? {THE}(?:\w+ ){{0,2}}{PAGE} {PAGE_WORD}(?: "
        r"(?:please|now|again))?$",
    ),
    rule(
        "nav.page",
        rf"\b(?:{SEE}|where is|where are|where can i (?:find|see)|i want to see|i need"
        rf"|find)\b(?: me| us)? {THE}{PLAIN_PAGE}(?: {PAGE_WORD})?(?: (?:please|now|again"
        r"|for me))?$",
    ),
    rule(
        "nav.page",
        rf"^(?:the |my )?{PAGE}(?: {PAGE_WORD})?(?: please| now)?$",
    ),
)
