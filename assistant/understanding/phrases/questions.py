"""Questions about samples, events, pictures and what the product offers."""

from assistant.understanding.phrases.words import CREW, PERSON, PICTURE, Rule, rule

QUESTIONS: tuple[Rule, ...] = (
    # What the product sells and what to do next.
    rule(
        "rec.packages",
        r"\b(?:packages?|price ?list|subscriptions?|pricing|tiers?|bundles?)\b",
        r"\bwhich plan\b",
        r"\b(?:right|best|cheapest|suitable|good) plan\b",
        r"\bplans? (?:fits?|for (?:us|me|our)|suits?|under|within|cost|do you)",
        r"\b(?:budget|afford)\b|\bwe have \d+ ?k\b",
        r"\brecommend .{0,40}\b\d+ ?k\b",
    ),
    rule(
        "rec.features",
        r"\bfeatures?\b",
        r"\b(?:tips?|shortcuts?|tricks?|hacks)\b",
        r"\bsave (?:me |us |my )?(?:some )?time\b(?!.{0,20}\bshoot)",
        r"\bget more out of\b",
        r"\bwork faster\b",
        r"\bmore efficient\b",
        r"\bautomate\b",
        r"\btools? (?:should|can|would|do)\b",
    ),
    rule(
        "events.critical_path",
        r"\bcritical path\b",
        # What stands in the way of the show itself is a matter of tasks, whatever page is open.
        r"\b(?:block|delay|stop|hold|endanger|threaten)(?:s|ing|ed)?(?: up)? (?:the )?(?:doors?|opening|show|event)\b",
        r"\b(?:will|can|do|are) (?:we|the) .{0,20}\b(?:make|open|hit) (?:the )?(?:doors?|opening)\b",
        r"\bslack\b",
        r"\bfloat\b",
        r"\b(?:total|free) float\b",
        r"\bdependenc(?:y|ies)\b",
        r"\bdepend(?:s|ing|ent)? on\b",
        r"\bwhat (?:happens|will happen|would happen) (?:to .{1,40} )?(?:if|when|in case)\b",
        r"\bwhat if\b",
        r"\bknock on\b",
        r"\bdownstream\b",
        r"\blongest chain\b",
        r"\bdomino\b",
        r"\bbottleneck tasks?\b",
        r"\bcan we (?:still )?(?:make|open|start|finish)\b(?! (?:shooting|the shoot))",
        r"\bwill (?:we|the (?:show|event|doors)) (?:still )?(?:make|open|start|finish"
        r"|be (?:late|on time|ready))\b",
        r"\btasks? (?:are |is )?(?:blocking|at risk)\b",
        r"\bblocking (?:the )?(?:show|event|doors|opening|tasks?|setup)\b",
        r"\bblocked by\b",
        r"\bdoors?\b.{0,20}\b(?:risk|late|delay)",
    ),
    rule(
        "events.workload",
        r"\bworkloads?\b",
        r"\boverload(?:ed)?\b",
        r"\b(?:too many|too much|most|fewest|least|how many|how much) (?:tasks|hours|work"
        r"|to ?dos|jobs)\b(?=.{0,30}\b(?:has|have|does|do|on|per|each|person|who|by)\b)",
        r"\bwho (?:has|have|got) (?:the )?(?:too many|too much|most|least|fewest|time|capacity"
        r"|nothing)\b",
        r"\b(?:over|under)(?:worked|booked|utili[sz]ed)\b",
        r"\bbus(?:y|iest)\b",
        r"\bwho (?:is|are) (?:free|available|idle|overworked|overbooked|double booked)\b",
        r"\bdouble booked\b",
        rf"^(?:is|are) {PERSON}(?: \w+)? (?:free|available|overbooked|overworked|overloaded"
        r"|busy|off|working)\b",
        r"\bcapacity\b",
        r"\bon \w+ plate\b",
        r"\bwho can (?:help|take|cover)\b",
        r"\bhours (?:per|by|for each)\b",
        r"\bhow (?:busy|loaded)\b",
    ),
    rule(
        "events.staffing",
        rf"\b{CREW}\b(?!.{{0,20}}\bphotos?\b)",
        r"\b(?:unfilled|unstaffed|short ?staffed|short handed|vacant|vacanc(?:y|ies)"
        r"|man ?power)\b",
        r"\benough (?:people|hands|help|men|women|of us)\b",
        r"\bwho (?:is|are) (?:working|on duty|rostered)\b",
        r"\bhow many people\b",
        r"\bstill need .{0,20}people\b",
        r"\bwho can fill\b",
    ),
    rule(
        "events.run_of_show",
        r"\brun of show\b",
        r"\b(?:call|doors?|show) times?\b",
        r"\bcall sheet\b",
        r"\bwhat (?:happens|is happening|is on|is scheduled|is planned|comes|is up"
        r"|are we doing) (?:at|after|before|around|between|during|next in the show)\b",
        r"\brun ?down\b",
        r"\brunning order\b",
        r"\bshow (?:flow|caller|start|order|schedule)\b",
        r"\bline ?up\b",
        r"\bcues?\b",
        r"\btime ?line\b(?!.{0,12}\bbudget)",
        r"\b(?:event|day|show) schedule\b",
        r"\bwhen (?:do|does|is|are|will|should) .{0,40}\b(?:doors?|show|rehearsals?"
        r"|sound ?check|models?|finale|guests?|teardown|load in|hair|opening|event|crew)\b",
        r"\bwhat time\b.{0,40}\b(?:doors?|show|rehearsals?|sound ?check|models?|finale|guests?"
        r"|teardown|load in|start|open|event|crew|call)\b",
        r"\bwho (?:opens|closes) the show\b",
    ),
    rule(
        "events.run_of_show",
        r"^what (?:is|happens|are we doing).{0,20}\b(?:at|after|before) \d",
        r"\bschedule\b",
        r"\bwhat is (?:on|planned) (?:today|tomorrow|tonight)\b",
        kits="events",
    ),
    # Pictures.
    rule(
        "media.missing",
        r"\b(?:missing|uncovered|outstanding|left|remaining|still need(?:ed)?"
        r"|not (?:yet )?(?:captured|covered|taken|shot|done)|need to (?:capture|take|shoot)"
        rf"|have we not|lack(?:ing)?|without)\b.{{0,30}}\b(?:shots|{PICTURE}|angles?|coverage"
        r"|views?)\b",
        rf"\b(?:shots|{PICTURE}|angles?)\b.{{0,30}}\b(?:missing|uncovered|outstanding|left"
        r"|remaining|still need(?:ed)?|not (?:yet )?(?:captured|covered|taken|done)|lacking)\b",
        r"\bshot list\b",
        r"\bcover(?:ed)? (?:everything|all|every|the)\b",
        r"\bcoverage\b",
        r"\b(?:got|have|get|captured|shoot|shot) (?:all|every) (?:of )?(?:the |our )?(?:shots?"
        rf"|angles?|{PICTURE}|looks?)\b",
        r"\bgaps\b",
        r"\breshoots?\b",
    ),
    rule(
        "media.selects",
        r"\bselects?\b",
        r"\b(?:top|best|strongest|finest|favou?rite|nicest|greatest) (?:\d+ |ten |five |three "
        rf"|few )?(?:of |from )?(?:the |our |my )?(?:{PICTURE}|picks?|look|ones|of look)\b",
        r"\b(?:pick|choose|suggest|shortlist|short list|propose"
        rf"|recommend)\b.{{0,40}}\b(?:{PICTURE}|picks?|look \d+|cover|lookbook)\b",
        r"\bpicks\b",
        r"\bbest (?:five|ten|three|\d+)\b",
        r"\btop (?:five|ten|three|\d+)\b",
        r"\bcover (?:image|photo|candidates?)\b",
    ),
    rule(
        "media.approvals",
        r"\b(?:approvals?|approved|approve|unapproved|sign(?:ed)? off|rejected|declined)\b",
        r"\b(?:pending|awaiting|waiting for|need(?:s|ing)?|to) (?:approval|review|reviewed"
        r"|feedback|sign off)\b",
        rf"\bpending\b.{{0,20}}\b{PICTURE}\b",
        rf"\b{PICTURE}\b.{{0,30}}\bpending\b",
        r"\b(?:un)?reviewed\b",
        r"\bwho (?:signed|ok)\b",
    ),
    rule(
        "media.approvals",
        r"\bpending\b",
        r"\breview\b",
        kits="media",
    ),
    rule(
        "media.quality",
        r"\b(?:image|photo|picture|asset|pic|shot)s? (?:quality|scores?|resolution)\b",
        r"\b(?:quality|blurr?y|blurred|out of focus|unfocused|in focus|resolution|low res"
        r"|lowres|high res|hires|sharp(?:ness|est)?|exposure|overexposed|underexposed|grainy"
        r"|noisy|pixelated|unusable|usable|good enough|too dark|dark (?:images|photos|ones)"
        r"|print ready)\b",
        rf"\bscores?\b.{{0,20}}\b{PICTURE}\b",
    ),
    rule(
        "media.quality",
        r"\b(?:scores?|scored|worst|bad ones|focus)\b",
        kits="media",
    ),
    # Samples.
    rule(
        "logistics.batching",
        r"\bbatch(?:ing|es|ed)?\b",
        r"\bchange ?overs?\b",
        r"\bset ?up changes?\b",
        r"\bset changes?\b",
        r"\bshoot(?:ing)? (?:order|plan|groups?|sequence|schedule|list order|batches)\b",
        r"\border (?:to|for|of) (?:the )?(?:shoot|shooting|shots?|photograph)\b",
        r"\b(?:which|what) order\b",
        r"\bin (?:what|which) (?:order|sequence)\b",
        r"\bwhat (?:first|should we (?:shoot|photograph)|to shoot|do we shoot|shall we shoot|can we shoot"
        r"|goes first|comes first|to photograph)\b",
        r"\bwhich .{0,30}\b(?:shoot|shot|photographed?) (?:first|next|together|now)\b",
        r"\bshoot (?:first|next|together|now)\b",
        r"\bgroup(?:ing|s|ed)?\b",
        r"\bsequence\b",
        r"\btime (?:saved|savings?|can we save)\b",
        r"\bsav(?:e|ing) (?:\w+ ){0,2}(?:time|minutes|hours)\b",
        r"\b(?:optimi[sz]e|optimal|plan|organi[sz]e|efficient)\b.{0,30}\b(?:shoot(?:ing)?"
        r"|order|day|samples|shots)\b",
        r"\bhow long (?:will|does|would|do|is) .{0,30}\b(?:shoot(?:ing)?|take|all|last)\b",
        r"\bfastest way to shoot\b",
        r"\bhow many (?:setups|batches|sets)\b",
    ),
    rule(
        "logistics.returns",
        r"\b(?:due|goes|go|going|gone|send|sent|give|given|ship(?:ped)?|bring|hand|handed"
        r"|has to be|have to be|must be|needs? to be) back\b",
        r"\b(?:need|needs|have|has|must|should|to be|due|ready|due for|what|which|any|when"
        r"|upcoming|overdue|outstanding|open|pending|today s|next|list|show|schedule"
        r"|late)\b.{0,40}\b(?:returns?|returned|returning)\b(?! samples)",
        r"\breturns?\b.{0,30}\b(?:due|when|overdue|today|tomorrow|week|deadline|date|late|list"
        r"|to|schedule|status|left|pending|outstanding|friday|monday|tuesday|wednesday"
        r"|thursday|saturday|sunday)\b",
        r"\bloans?\b",
        r"\bon loan\b",
        r"\b(?:borrowed|owe)\b",
        r"\bloaned\b",
        r"\bback to (?:the )?(?:brands?|designers?|pr|showroom|press office|gucci|dior|chanel"
        r"|loewe|owner)\b",
        r"^(?:any )?returns\b",
    ),
    rule(
        "logistics.blockers",
        r"\bblockers?\b",
        r"\bwhats? (?:is |are )?block(?:s|ing)\b",
        r"\bblocking\b",
        r"\bat[ -]?risk\b",
        r"\brisk(?:s|y)?\b",
        r"\bendanger(?:s|ed|ing)?\b",
        r"\bthreat(?:s|en|ens|ened|ening)?\b",
        r"\bin (?:trouble|danger|jeopardy)\b",
        r"\bjeopardi[sz]e\w*\b",
        r"\b(?:what|anything|something|what else) (?:is |could |might |can |has )?(?:be |go "
        r"|going to be |going |gone |still )?(?:late|wrong|delayed|stuck|worr(?:y|ying)|critical|overdue"
        r"|problematic|bad|behind)\b",
        r"\b(?:holding|held|hold|holds) (?:us )?(?:up|back)\b",
        r"\bshow ?stoppers?\b",
        r"\bred flags?\b",
        r"\bconcerns?\b",
        r"\bworr(?:y|ied|ying)\b",
        r"\b(?:problems?|issues?|obstacles?|bottlenecks?|trouble|emergenc(?:y|ies))\b",
        r"\bstuck\b",
        r"\bhero(?:e?s)?\b.{0,30}\b(?:late|delayed|missing|lost|damaged|overdue|risk|stuck"
        r"|not (?:yet )?(?:here|arrived|in))\b",
        r"\b(?:late|delayed|missing|lost|damaged|overdue|critical)\b.{0,20}\bhero(?:e?s)?\b",
        r"\bdelays\b",
        r"\bin customs\b",
        r"\bcustoms\b",
        r"\bfires\b",
        r"\burgent\b.{0,20}\bsamples?\b",
        r"\bcritical (?:samples|pieces|items)\b",
        r"\bsetbacks?\b",
        r"\bstopping us\b",
        r"\bin the way\b",
    ),
    rule(
        "logistics.readiness",
        r"\breadiness\b",
        r"\b(?:completion|completeness)\b",
        r"\b(?:are|is|will|r) (?:we|they|you|it|everything|all|the (?:samples|shoot|pieces|set"
        r"|looks|team)|samples|everyone|our samples|most|us)\b.{0,30}\b(?:ready|prepared"
        r"|all set|good to go|set|complete|in place|good|sorted|in shape)\b(?! (?:yet )?from)",
        r"\bhow (?:ready|prepared|far (?:are|along|off)|complete|close)\b",
        r"\bready (?:for|to|by|yet|or not|score|percent\w*|status|are we|we)\b",
        r"\b(?:percent\w*|progress)\b",
        r"\bhow many .{0,30}\bready\b",
        r"^(?:we |all |everything |everybody )?(?:are )?ready\b",
        r"\bin good shape\b",
        r"\bgood to (?:go|shoot)\b",
        r"\ball set\b",
        r"\bwhen (?:will|are|can) (?:we|it|everything|all) .{0,15}\bready\b",
        r"\bcan we (?:start|begin|shoot)\b",
        r"\bshoot (?:ready|readiness)\b",
        r"\bprep(?:ared)?ness\b",
        r"\bhow (?:are|is) (?:the )?(?:samples?|shoot|looks) (?:doing|looking|going|coming)\b",
        r"\bready\b",
    ),
    rule(
        "logistics.arrivals",
        r"\barriv(?:als?|es?|ing)\b",
        r"\b(?:deliver(?:y|ies|ed)|delivering|shipments?|parcels?|boxes|packages arriving"
        r"|drop offs?)\b",
        r"\bexpect(?:ed|ing|s)?\b",
        r"\b(?:incoming|inbound)\b",
        r"\bcom(?:e|es|ing) in\b",
        r"\b(?:what|which|anything|who|whats) (?:is|are|samples are|pieces are|else is|samples"
        r"|will be|will) ?(?:coming|landing|due in|on (?:the|its) way|come|land)\b",
        r"\b(?:is|are|anything|something) (?:\w+ )?coming\b",
        r"\bdue in\b",
        r"\bon (?:the|its|their) way\b",
        r"\bland(?:s|ing|ed)?\b",
        r"\betas?\b",
        r"\bcourier\b",
        r"\b(?:has|have|did) (?:anything|everything|all|something|any"
        r"|it all) .{0,20}\b(?:arrive|arrived|come|landed)\b",
        r"\bwhat (?:has |have )?(?:just )?(?:arrived|come|came|landed)\b",
        r"\bgets? here\b",
    ),
)
