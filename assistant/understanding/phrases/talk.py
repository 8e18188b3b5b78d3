"""Asking for help, small talk, and what belongs to other worlds."""

import re

from assistant.understanding.phrases.words import Rule, rule

# Other worlds, whatever fashion words they carry.
ELSEWHERE = re.compile(
    r"\b(?:weather|forecast for (?:paris|milan|london|new york)|temperature|football|soccer"
    r"|basketball|tennis|olympics|world cup|who won|score of the (?:game|match)|movies?|films?"
    r"|netflix|song|lyrics|jokes?|poems?|riddle|recipe|cook|restaurants?|hotels?|flights?"
    r"|airport|taxi|uber|train to|visa|vacation|holiday|dinner|lunch|breakfast|pizza|coffee"
    r"|stock (?:market|price)|bitcoin|crypto|invest|lottery|horoscope|zodiac|president"
    r"|prime minister|election|politics|capital of|population of|meaning of life|translate"
    r"|homework|essay|python|javascript|code for|write (?:me )?(?:a|an|some)|buy|purchase"
    r"|shop for|where to shop|on sale|discounts?|cheap(?:er|est)?|how much (?:is|are|does|do"
    r"|for) .{0,40}(?:xitem|dress|gown|bag|shoes|coat|cost|gucci|dior|chanel|prada)|price of"
    r"|trend(?:s|y|ing)|in fashion|fashion week|what (?:should|shall|can|do) i wear|outfit for"
    r"|dating|girlfriend|boyfriend|marry|love you|diet|lose weight|doctor|headache|medicine"
    r"|sue|lawyer|tax(?:es)?|god|religion|the news|celebrity|kardashian|instagram|tiktok"
    r"|youtube|spotify|alarm clock|play (?:some )?music|game|chess|math|square root"
    r"|\d+ (?:plus|times|minus|divided by) \d+)\b"
)

HELP: tuple[Rule, ...] = (
    rule(
        "help.contact",
        r"\b(?:contact|reach|call|phone|talk (?:to|with)|speak (?:to|with)|chat with|email"
        r"|write to|get hold of|connect me (?:to|with)|message) (?:\w+ ){0,3}(?:support|human"
        r"|person|agent|representative|help ?desk|customer (?:service|care)|someone real"
        r"|real one|admin|administrator|operator|your team)\b",
        r"\b(?:customer (?:service|support|care)|live (?:agent|chat|support)|human (?:please"
        r"|agent|being)|real (?:person|human)|support (?:email|number|team|line|address|ticket"
        r"|phone)|help ?desk)\b",
        r"^(?:(?:get|give|find|i need|i want)(?: me)? )?(?:a |an |some )?(?:support|human|agent|operator)$",
        r"\bwho (?:can|do|should) i (?:contact|call|talk to|ask|email)\b",
        r"\bopen a (?:support )?ticket\b",
    ),
    rule(
        "help.troubleshoot",
        r"\b(?:(?:does|do|did|is|are|was|can|will|has|have) not|not|never|will not|stopped"
        r"|keeps? (?:not )?|refuses to) (?:even )?(?:work|working|load|loading|open|opening"
        r"|respond|responding|sync|syncing|synced|save|saving|saved|upload|uploading|uploaded"
        r"|refresh|refreshing|update|updating|show up|showing up|showing|display|log in|login"
        r"|sign in|appear|appearing|crashing|freezing|failing|loading|logging|connect"
        r"|connecting|play|render|see my)\b",
        r"\b(?:is|are|it|app|page|site|screen|gallery|upload|everything|this|chat|button|list"
        r"|link|seems?|looks?|get(?:ting)?)(?: \w+)? (?:broken|frozen|froze|stuck|crash(?:ed"
        r"|es|ing)?|down|blank|slow|laggy|buggy|glitchy|bugged|errors?|unresponsive"
        r"|empty for no reason)\b",
        r"\b(?:bug|glitch|error (?:message|code)?|an error|errors|crash(?:ed|es|ing)?|404"
        r"|500 error|failed(?: to)?|fails|blank (?:page|screen)|spinning|loading forever"
        r"|keeps loading|locked out|went wrong|timed? ?out)\b",
        r"\b(?:something is|numbers? (?:is|are|look|looks)|data (?:is|looks)|count (?:is"
        r"|looks)|score (?:is|looks)) (?:wrong|off|incorrect|weird|not right)\b",
        r"\bwrong (?:number|data|count|score|total)s?\b",
    ),
    rule(
        "help.explain",
        r"\bwhat (?:does|do|did|is meant by|are meant by) .{1,60} mean\b",
        r"\bwhat is meant\b",
        r"\bmeaning of\b",
        r"\bdefin(?:e|ition)\b",
        r"^explain\b",
        r"\bexplain (?:to )?(?:me )?(?:the |what|how|why)",
        r"\bwhat (?:is|are) (?:a|an) (?!.*\b(?:status|my)\b)",
        r"\bwhat is (?:the )?(?:slack|float|hero(?: (?:sample|piece))?|readiness(?: score)?"
        r"|batching|a blocker|weighted score|free float|run of show|changeover|selects?"
        r"|shot list|severity|noisy or|an insight)$",
        r"\b(?:how (?:is|are|do you|was|were|did you) .{1,40}\b(?:calculate|compute|work out"
        r"|measure|score|determine|rank|come up|get (?:this|that))d?)",
        r"\bdifference between\b",
        r"\bwhat (?:does|do) (?:this|that|it|the|these|those) .{0,30}\b(?:stand for|say"
        r"|represent|indicate)\b",
        r"^why (?:is|are|was|do|does|did) (?:this|that|it|the (?:score|readiness|number|bar"
        r"|dot|status|colou?r|page|badge|icon)|my (?:score|readiness)|readiness|there"
        r"|the readiness score)\b",
        r"^(?:why|how come|why not|y)$|^why so\b|^why are we\b",
        r"\bwhat do (?:the )?colou?rs\b",
        r"\bstands? for\b",
        r"\bwhat is the (?:point|idea|purpose) of\b",
    ),
    rule(
        "help.capabilities",
        r"\bwhat (?:all )?(?:can|could|do) you (?:do|help|offer|know|answer|tell me|support)",
        r"\bwhat are you (?:able|capable|good)",
        r"\bhow (?:can|could|do) you help",
        r"\bwhat (?:can|could|should|may) i (?:ask|say|type|do here|do with you)",
        r"^(?:help|help me|menu|commands?|options|examples?|i need help|can you help(?: me)?"
        r"|help please|need help|what now|list commands?|capabilities)$",
        r"\b(?:show|list|see|give|what are)(?: me)?(?: the| your| all"
        r"| available)* (?:commands?|capabilities|skills|abilities|options)\b",
        r"\bwhat else can\b",
        r"\bwhat is this (?:assistant|bot|thing|chat) for\b",
    ),
    rule(
        "help.howto",
        r"^how (?:do|does|can|could|should|would|to|might|must)(?: not)?(?: (?:i|we|you|one"
        r"|people|a user|someone|u))?\b(?! (?:stand|look\b|looking|are|feel|compare|that|it"
        r"|the|this|we look|we stand|help))(?!.{0,30}\b(?:stand|look for|doing)\b)",
        r"^how (?:do|does|can|would) .{1,60}\bwork$",
        r"\bhow to\b",
        r"\bshow me how\b",
        r"\bteach me\b",
        r"\bwalk me through (?:how|creat|add|upload|set)",
        r"\b(?:steps|instructions|guide|tutorial|way|procedure) (?:to|for|on)\b",
        r"^(?:can|may|could) (?:i|we) (?!(?:please )?(?:start shoot|start the|begin|shoot|see"
        r"|get|have|view|look|know|open|go"
        r"|still make|make it))\w+",
        r"\b(?:am i|are we|is it|is one) (?:allowed|possible|able|permitted)",
        r"\bis there (?:a|any|an easy|an option|some) (?:way|option|button|shortcut|setting"
        r"|possibility|manual|guide)",
        r"\bwhere (?:do|can|should|would) (?:i|we) (?:add|upload|change|edit|create|export"
        r"|delete|turn|set|enter|update|approve|put|mark|assign|invite|click|import|register"
        r"|record|note|log|switch|manage|download|report|filter)",
    ),
)

# Nothing but courtesies.
COURTESIES: tuple[Rule, ...] = (
    rule(
        "smalltalk",
        r"^(?:(?:hi|hello|hey|good|morning|afternoon|evening|day|night|thanks|thank|you|very"
        r"|much|so|a|lot|many|cheers|bye|goodbye|see|later|ciao|yo|sup|howdy|greetings|welcome"
        r"|nice|one|great|awesome|cool|perfect|wow|amazing|brilliant|lovely|super|excellent"
        r"|well|done|job|work|all|there|team|assistant|ok|haha|lol|hahaha|hehe|sorry|that|is"
        r"|was|it|helpful|for|the|your|help|please|oh|really|appreciate|legend|love|this|ur"
        r"|best|the|again|merci|gracias|bonjour|hola|just|what|i|needed|everyone|ta|np|no"
        r"|problem|worries|bot|fashionos|buddy|mate|dear|sir|have|weekend|today|good one|got"
        r"|see) ?)+$",
    ),
)

# Praise, complaints and questions about the assistant, wherever they stand in a message.
CHAT: tuple[Rule, ...] = (
    rule(
        "smalltalk",
        r"\b(?:who|what) (?:are|r) you$",
        r"\bare you (?:a |an |really |even )?(?:bot|robot|human|ai|real|machine|person|there"
        r"|ok|chatgpt|alive|sure|stupid|kidding)\b",
        r"\b(?:what is|tell me) your name\b",
        r"\bwho (?:made|built|created|trained) you\b",
        r"^how are you\b",
        r"\bhow is it going$",
        r"\bhow do you do$",
        r"^what is up$",
        r"\b(?:good|great|nice|bad|terrible|awful|poor|horrible|useless|wrong|stupid|silly"
        r"|amazing|excellent|perfect|dumb) (?:answer|job|work|bot|assistant|response|reply"
        r"|advice|one)\b",
        r"\byou (?:are|were) (?:so |very |really |not |the |a |an |no |totally )*(?:useless"
        r"|great|helpful|stupid|amazing|awesome|wrong|slow|best|annoying|smart|dumb|funny"
        r"|lifesaver|star|legend|rude|right|good|bad|terrible|help|kidding)\b",
        r"\b(?:that|this|it) (?:is|was) (?:not |really |so |very |totally "
        r"|completely )*(?:wrong|helpful|useless|great|bad|nonsense|rubbish|perfect|stupid"
        r"|brilliant|not right|what i (?:asked|meant|wanted))\b",
        r"\b(?:thanks|thank you|much appreciated|well done|i hate you|you rock"
        r"|nice to meet you|i love (?:it|this|you))\b",
        r"\bnot what i (?:asked|meant|wanted)\b",
        r"^(?:wrong|useless|rubbish|nonsense|meh|bad|stupid)$",
    ),
)
