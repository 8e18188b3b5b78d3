"""Commands that change something."""

from assistant.understanding.phrases.words import GARMENT, PICTURE, Rule, rule

_BY_TIME = (
    r"(?:to (?:today|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|next|this|\d[\dapm]*|later|noon|the)|by (?:a |an |one |two |half )?(?:\d+ ?)?(?:minutes?|hours?"
    r"|days?|weeks?|day|mins?|h)|until|till|for \d+|forward|earlier|later|back)"
)
_STATUS_WORD = (
    r"(?:awaiting|in transit|delayed|late|received|arrived|on set|shot|returned|lost|damaged"
    r"|missing|cancelled|shipped|checked in|stained|broken|found|here|delivered|photographed)"
)

ACTIONS: tuple[Rule, ...] = (
    rule(
        "act.privacy",
        r"^(?:delete|erase|remove|wipe|forget|export|download|clear|destroy|purge|request"
        r"|send me|give me|get)\b(?: me| a| copy| of| out| all| everything| about"
        r"| please)* (?:my|me|mine|i)\b(?: (?:own|personal|chat|conversation|account|old"
        r"|private|entire|whole|message|past))* ?(?:data|account|history|histories"
        r"|conversations?|chats?|information|messages|profile|personal data|details)?$",
        r"\bgdpr\b",
        r"\bright to be forgotten\b",
        r"^(?:delete|erase|wipe|forget) (?:everything|all)(?: you (?:know|have"
        r"|stored))?(?: (?:about|on) me)?$",
    ),
    rule(
        "act.preferences",
        r"^(?:turn|switch) (?:on|off|the|my|all|suggestions|alerts|notifications|auto)\b",
        r"^(?:enable|disable|mute|unmute|silence|hide|activate|deactivate|snooze)\b",
        r"\b(?:default (?:kit|page|view)|kit order|order of (?:the )?kits|retention"
        r"|my preferences)\b",
        r"^(?:set|make|change|use|pin|put) .{0,40}\b(?:default|favou?rites?"
        r"|first in the (?:menu|list)|as my start)\b",
        r"\b(?:to|from|in|as) (?:my |the |a )?favou?rites?\b|\bfavou?rite actions?\b",
        r"^(?:stop|start) (?:suggesting|notifying|alerting|sending me|showing)\b",
        r"^keep my (?:history|chats|conversations)",
        r"^(?:reorder|rearrange) .{0,20}kits?\b",
        r"^(?:put|move) (?:the )?(?:events?|media|logistics"
        r"|recommendations?)(?: kit)? (?:first|last|before|after|to the (?:top|front|bottom))\b",
        r"\bkeep .{0,30}(?:history|conversations|chats) .{0,20}\d+ days\b",
    ),
    rule(
        "act.notify",
        r"^(?:remind|notify|alert|ping|message|text|email|mail|chase|nudge|poke|warn|call"
        r"|inform|contact|follow up)\b(?! list)",
        r"^(?:tell|ask) (?!me\b|us\b)\w+",
        r"^let (?!me\b|us\b)\w+ know",
        r"^let (?:me|us) know (?:when|if|once|as soon)",
        r"^tell (?:me|us) (?:when|if|once|as soon)",
        r"^(?:send|drop|write|shoot|leave|give) .{0,40}\b(?:message|reminder|email|note|ping"
        r"|text|alert|heads up|dm|call|nudge)\b",
        r"^set (?:a |an )?(?:reminder|alarm|alert)\b",
        r"^reminder\b",
    ),
    rule(
        "act.export_share",
        r"^(?:export|download|share|forward|print|publish)\b",
        r"^(?:send|email) .{0,60}\b(?:to|with|as|over|me)\b",
        rf"^send\b.{{0,60}}\b(?:list|report|gallery|csv|pdf|link|selects|{PICTURE})\b",
        r"^(?:save|give me|get me|generate|make|create|turn|convert|put|copy)\b.{0,60}\b(?:pdf"
        r"|csv|excel|xlsx?|spreadsheet|zip|share link|shareable link|powerpoint)\b",
    ),
    rule(
        "act.sample_status",
        r"^(?:mark|set|change|update|move|flag|put|switch|log|report|make|record"
        r"|book)\b.{0,60}(?:xitem|look \d+|\bsamples?\b|\bpieces?\b"
        rf"|{GARMENT}).{{0,40}}\b{_STATUS_WORD}\b",
    ),
    rule(
        "act.sample_status",
        r"^(?:check in|receive|check out|ship|return|cancel|send back|book in|book out"
        rf"|log in)\b.{{0,30}}(?:xitem|look \d+|\bsamples?\b|{GARMENT})",
        r"^(?:set|change|update) (?:the )?status of (?:the )?(?:xitem|look \d+|sample|piece"
        rf"|{GARMENT})",
        r"^(?:mark|set|change|update)\b.{0,40}\bxitem\b.{0,20}\b(?:status|done|ready)\b",
    ),
    rule(
        "act.asset_tag",
        r"^(?:tag|label|rate|star|untag|retag|keyword|caption)\b",
        r"^(?:give|add|put|assign|set)\b.{0,60}\b(?:stars?|tags?|rating|keywords?|labels?)\b",
    ),
    rule(
        "act.asset_approve",
        r"^(?:approve|accept|sign off|greenlight|ok|green light|unreject)\b(?=.)",
        r"^(?:mark|set|flag|make|change)\b.{0,60}\b(?:approved|accepted|signed off)\b",
    ),
    rule(
        "act.asset_reject",
        r"^(?:reject|decline|discard|bin|trash|kill|refuse|disapprove|dismiss|cull)\b(?=.)",
        r"^(?:mark|set|flag|make|change)\b.{0,60}\b(?:rejected|declined|discarded|unusable)\b",
        rf"^(?:delete|remove|throw (?:away|out)|get rid of|drop)\b.{{0,40}}\b{PICTURE}\b",
    ),
    rule(
        "act.task_create",
        r"^(?:create|add|new|make|set up|log|open|start|insert|put in|schedule|write|need"
        r"|give me)\b(?: me)?(?: a| an| another| the| new| one| quick"
        r"| extra)*(?: \w+){0,2} (?:task|to ?do|to do|action item|milestone|checklist item)s?\b",
        r"^(?:new|add) (?:task|todo|to do)\b.",
        r"^put .{1,60} on (?:the |my )?(?:to ?do|task) list\b",
    ),
    rule(
        "act.task_reschedule",
        r"^(?:reschedule|postpone|push(?: back)?|delay|defer|extend|bring forward|pull forward"
        r"|prepone)\b",
        r"^(?:move|shift|change|set|slide|bump|start|schedule|put"
        rf"|make)\b.{{0,60}}\b{_BY_TIME}\b(?!.{{0,20}}\b(?:rail|rack|look|studio|favou?rite))",
        r"^(?:change|set|update|move) .{0,40}\b(?:due date|deadline|start time|due|call time"
        r"|start)\b",
    ),
    rule(
        "act.sample_edit",
        r"^(?:assign|add|move|link|attach|put|connect|swap|hang)\b.{0,60}(?:xitem"
        rf"|{GARMENT}|sample|piece).{{0,30}}\b(?:to|on|onto|in|into|from|for|with"
        r"|under)\b.{0,12}\b(?:look|rail|rack|studio|room|set|shelf|closet|wardrobe|box"
        r"|location|xitem|storage|truck|van)\b",
        r"^(?:make|mark|set|flag|unflag|unmark)\b.{0,60}\b(?:hero|heroes|priority)\b",
        r"^(?:rename|edit|correct|fix|relocate)\b",
        r"^(?:set|change|update|add|correct|put|note|write)\b.{0,60}\b(?:eta|location|rail"
        r"|rack|name|note|notes|designer|colou?r|size|sku|holder|category|due back)\b",
        r"^(?:move|update|change|put|remove|delete)\b.{0,10}\bxitem\b",
        r"^(?:set|change|update|edit)\b.{0,20}\bsamples?\b",
        r"^(?:remove|take) .{0,40} (?:from|off|out of) (?:the )?look\b",
        r"^note (?:that|on|for)\b",
    ),
    rule(
        "act.sample_add",
        r"^(?:add|register|create|log|new|enter|insert|record|input|book in|upload"
        r"|import)\b(?: a| an| another| the| new| one| this| some| in| up| two| three| more"
        rf"| \d+)*(?: \w+){{0,3}} ?(?:samples?|pieces?|items?|{GARMENT})\b",
    ),
    rule(
        "act.task_assign",
        r"^(?:assign|reassign|unassign|delegate|allocate|hand(?: over)?|pass)\b",
        r"^(?:give|put|take|remove|move|swap|switch|replace|let|have|make|get)\b (?!me\b"
        r"|us\b).{1,60}\b(?:to|on|off|from|for|with|instead of|do|handle|take|in charge of"
        r"|responsible for|own|owner)\b.{1,40}",
    ),
    rule(
        "act.task_status",
        r"^(?:complete|finish|close|start|begin|block|unblock|reopen|tick off|tick|wrap up"
        r"|resume|pause|cross off|check off|cancel|conclude)\b(?=.)",
        r"^(?:mark|set|change|update|flag|move|put|make)\b.{1,60}\b(?:done|complete|completed"
        r"|finished|in progress|blocked|started|todo|to do|open|closed|unblocked|not started"
        r"|on hold|cancelled|ready|over)\b",
    ),
    rule(
        "act.sample_status",
        rf"^(?:mark|set|update|change|flag)\b.{{1,60}}\b{_STATUS_WORD}$",
    ),
    rule(
        "act.asset_reject",
        r"^(?:delete|remove|archive)\b(?=.)",
    ),
)
