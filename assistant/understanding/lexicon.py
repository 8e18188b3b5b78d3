"""The words of the house as data: statuses, categories, colours, houses, pages, fillers."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One meaning each: the status names of the wire, by every way people say them. `done` and
# `ready` are left out on purpose: what they mean depends on the question.
STATUS_PHRASES: dict[str, tuple[str, ...]] = {
    "awaiting": ("awaiting", "awaited", "requested", "ordered", "waiting for"),
    "in_transit": ("in transit", "shipped", "dispatched", "on the way", "on its way", "en route",
                   "out for delivery", "travelling", "with courier", "with the courier"),
    "delayed": ("delayed", "late", "backordered", "held up", "running late", "overdue"),
    "received": ("received", "arrived", "checked in", "in stock", "in studio", "in the studio",
                 "delivered", "prepped", "steamed"),
    "on_set": ("on set", "on the set"),
    "shot": ("shot", "captured", "photographed"),
    "returned": ("returned", "sent back", "given back", "gone back"),
    "lost": ("lost", "stolen", "written off", "gone missing"),
    "damaged": ("damaged", "broken", "stained", "ripped", "torn", "needs repair"),
    "cancelled": ("cancelled", "canceled", "dropped"),
}  # fmt: skip

NOT_ARRIVED = ("awaiting", "in_transit", "delayed")
READY = ("on_set", "shot")
NOT_READY = ("awaiting", "in_transit", "delayed", "received", "damaged", "lost", "unknown")

# A class and the kinds of piece in it. Asking for the class finds every kind; asking for a kind
# finds that kind only.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "dress": ("dress", "gown", "frock", "minidress", "maxidress", "sundress"),
    "shoes": ("shoe", "footwear", "sneaker", "trainer", "heel", "boot", "loafer", "sandal", "pump",
              "mule", "slipper", "stiletto", "clog", "flat"),
    "bag": ("bag", "handbag", "tote", "clutch", "purse", "backpack", "pouch", "satchel"),
    "outerwear": ("outerwear", "coat", "jacket", "trench", "parka", "cape", "blazer", "puffer",
                  "poncho", "anorak"),
    "knitwear": ("knitwear", "knit", "sweater", "jumper", "cardigan", "pullover", "turtleneck"),
    "top": ("top", "shirt", "blouse", "tee", "tshirt", "camisole", "corset", "bodysuit", "vest"),
    "bottoms": ("bottom", "trouser", "pant", "skirt", "short", "legging", "jean", "culotte"),
    "denim": ("denim",),
    "suit": ("suit", "tuxedo", "jumpsuit"),
    "jewellery": ("jewellery", "jewelry", "jewel", "necklace", "earring", "ring", "bracelet",
                  "brooch", "watch"),
    "accessory": ("accessory", "accessorie", "belt", "scarf", "glove", "hat", "cap", "beret",
                  "sunglass", "sunglasses", "eyewear", "tie", "shawl"),
    "swimwear": ("swimwear", "bikini", "swimsuit"),
    "lingerie": ("lingerie", "underwear", "bra"),
    "beauty": ("beauty", "makeup", "perfume", "lipstick"),
}  # fmt: skip
CLASS_OF = {kind: head for head, kinds in CATEGORIES.items() for kind in (*kinds, head)}

COLOURS = words("""
    black white ivory cream ecru beige nude tan camel brown grey gray charcoal silver gold
    red burgundy crimson scarlet maroon pink blush fuchsia coral orange rust yellow mustard
    green olive emerald mint khaki teal turquoise blue navy indigo cobalt purple violet
    lilac lavender champagne bronze metallic multicolour multicolor
""")

# Houses that people call by their initials.
INITIALS = {
    "ysl": ("saint", "laurent"), "lv": ("louis", "vuitton"), "dg": ("dolce", "gabbana"),
    "jpg": ("jean", "paul", "gaultier"), "cdg": ("comme", "garcons"),
}  # fmt: skip

# Houses that people name. One that is in the question but not in the data is an honest "not here".
DESIGNERS = words("""
    acne alaia armani balenciaga balmain bottega burberry cartier celine chanel chloe
    courreges dior erdem fendi ferragamo ganni givenchy gucci hermes jacquemus kenzo khaite
    lanvin lemaire loewe louboutin margiela marni mcqueen missoni miumiu moncler moschino
    mugler nanushka prada pucci rabanne rodarte schiaparelli simkhai stella toteme valentino
    versace vuitton westwood zegna zimmermann
""")

DAYS = words("""
    monday tuesday wednesday thursday friday saturday sunday mondays fridays mon tue tues wed thu
    thur thurs fri today tomorrow tonight yesterday january february march april june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec weekend
""")

ROLES = words("""
    usher dresser stylist runner hairdresser photographer security stagehand makeup hostess host
    volunteer seamstress technician rigger caterer medic bouncer steward driver retoucher
    videographer barista bartender waiter seater greeter sewer tailor
""")

# First names that are no other word of this trade.
NAMES = words("""
    aaron adam adele agnes ahmed aisha alan alba alejandro alessandro alex alexander alexandra
    alice alicia amanda amara amelia amina amy ana andrea andreas andrew angela anita ann anna
    anne annika anton antonio ben benjamin bianca boris bruno camila camille carla carlos carmen
    carol caroline catherine cathy cecilia charles charlie charlotte chiara chris christian
    christina claire clara claudia colin cristina dan daniel daniela david diana diego dmitri
    dominic edward elena eleanor eli elif elisa eliza elizabeth ella ellen elsa emil emily emma
    eric erik esther eva fatima felix fernanda fiona frances francesca francois frank freya
    gabriel george georgia giorgio giulia greta hana hanna hannah harry hassan heidi helen helena
    henry hugo ian ibrahim ida ines ingrid irene isabel isabella isla ivan jack jackie jacob james
    jamie jan jane jasmine jason javier jen jenna jennifer jenny jess jessica jim joan joanna joe
    john johnny jon jonas jordan jorge jose josh julia julian julie juliette julius karen kate
    katerina katherine katie kevin kim klaus kofi kristina lars laura lauren lea leah leila leo
    leon lena lila lina linda lisa liz lorenzo louis louise luca lucas lucia lucy luis luisa luka
    lukas lydia maja malik marc marco marcus margot maria marie marina mario marta martha martin
    mary mateo mathilde matt matteo matthew maya mei melissa mia michael michelle miguel mike
    mikhail mila milan mohamed mona monica nadia naomi natalia natalie natasha nathan nick nicola
    nicolas nicole nikolai nina noah noor nora olga oliver olivia omar oscar pablo paola patricia
    paul paula pauline pedro peter petra philip pierre priya rachel rafael raj ralph raquel rebecca
    ricardo richard rita robert roberto robin rosa rosie ruth ryan salma sam samantha samir sandra
    sara sarah sebastian sergei serena simon sofia sonia sophia sophie stefan stefano stephanie
    stephen steve sue susan sven sylvia tania tara teresa theo thomas tim tina toby tom tomas
    tommy tony valentina vanessa vera veronica victor victoria vincent viktor wei wendy william
    yara yasmin yuki yusuf yvonne zara zoe
""")

# What a message is about, by its nouns in the singular.
DOMAINS: dict[str, frozenset[str]] = {
    "piece": words("sample piece item garment clothe product outfit accessory hero loan sku"),
    "look": words("look outfit"),
    "picture": words("""image photo picture pic asset gallery frame shot jpg jpeg raw file cover
                        selfie thumbnail portrait landscape closeup select reshoot img dsc"""),
    "task": words("""task todo deadline milestone checklist owner assignee dependency slack
                     critical path"""),
    "crew": words("""staff staffing crew usher dresser stylist volunteer role shift headcount
                     hairdresser makeup security runner hostess personnel team"""),
    "show": words("""door show runway rehearsal cue rundown ceremony schedule timeline finale
                     opening programme program call"""),
    "move": words("""delivery courier parcel shipment arrival eta transit customs dhl fedex ups
                     deliver arrive shipping inbound"""),
    "return": words("return loan overdue back owe lender showroom"),
    "money": words("budget package plan price cost quote tier bundle subscription euro"),
    "page": words("page screen tab kit menu dashboard section view home settings"),
    "talk": words("hello hi hey thank bye morning afternoon evening great cheer"),
    "product": words("""app button upload feature shortcut notification alert suggestion login
                        account setting preference history export support bug error"""),
    "file": words("pdf csv excel spreadsheet zip link xlsx doc email slide powerpoint print"),
    "quality": words("quality blurry blur focus resolution sharp dark exposure pixel noise crop"),
    "approve": words("approval approved rejected pending review approve reject"),
}

# Page slugs, and how people call the pages. Longest names first decides `shot list` before `list`.
PAGES: dict[str, tuple[str, ...]] = {
    "home": ("home", "homepage", "dashboard", "start page", "main page", "landing page"),
    "logistics": ("logistics", "logistic", "sample tracker", "tracker"),
    "samples": ("samples", "sample list", "sample page", "samples page", "sample", "inventory"),
    "returns": ("returns", "return", "loans"),
    "events": ("events", "event", "event planner", "event planning"),
    "tasks": ("tasks", "task", "task list", "task board", "to do list", "todos", "todo", "to dos"),
    "run_of_show": ("run of show", "rundown", "show flow", "running order", "timeline"),
    "staffing": ("staffing", "staff", "crew", "team page", "roster"),
    "media": ("media", "media hub"),
    "gallery": ("gallery", "media gallery", "photo gallery", "image gallery", "photos", "images",
                "assets", "asset library"),
    "shot_list": ("shot list", "shots list", "list of shots"),
    "selects": ("selects", "select", "selection", "picks"),
    "recommendations": ("recommendations", "recommendation", "suggestions page"),
    "packages": ("packages", "package", "plans", "pricing"),
    "insights": ("insights", "insight", "reports", "report"),
    "analytics": ("analytics", "statistics", "stats", "metrics", "usage"),
    "history": ("history", "conversation history", "chat history", "past chats",
                "past conversations", "conversations", "old chats", "chat log"),
    "notifications": ("notifications", "notification", "alerts", "inbox", "notification center"),
    "settings": ("settings", "setting", "preferences", "account", "my account", "profile",
                 "my profile", "options page", "config"),
    "back": ("back", "previous page", "last page", "previous screen"),
}  # fmt: skip
PAGE_OF = {name: slug for slug, names in PAGES.items() for name in names}

# Said alone they open their page; other names of pages are questions as often.
BARE_PAGES = frozenset({
    "home", "homepage", "dashboard", "logistics", "samples", "sample tracker", "sample list",
    "returns", "events", "tasks", "task list", "task board", "run of show", "staffing", "roster",
    "media", "gallery", "media gallery", "photo gallery", "image gallery", "shot list",
    "recommendations", "packages", "insights", "reports", "analytics", "history", "chat history",
    "conversation history", "notifications", "inbox", "settings", "preferences", "profile",
    "my profile", "my account", "back", "previous page", "go back",
})  # fmt: skip

# Words that are never part of a piece's name in a question about it.
FILLERS = words("""
    a about above actually after again ahead all along already also am an and another any
    anyone anything are around as ask at available away back be because been before behind
    being best but by call came can check come comes coming could current currently day days
    detail details did do does doing done down due during each earliest earlier early else
    enough eta even ever every everybody everyone everything exact exactly far few find
    first for found from full get gets getting give go goes going gone good got had has have
    having he hello help her here hero heroes hey hi him his hold holding holds hour hours
    how i if in information is it item items its just keep kind know last late later latest
    least left let like list locate located location long look looking looks lot made make
    many may maybe me mean might minutes more most much must my myself near need needed
    needs never new next no nobody none not now of off ok on once one ones only or other our
    out outfit over own page people percent person piece pieces place please point possible
    problem put quick quickly ready really record right same sample samples say see send
    sent set share she should show since sku so some somebody someone something soon still
    supposed status studio sure take tell than thanks that the their them then there these
    they thing things think this those through time to today tomorrow tonight too total two
    under until up update us use very via wait waiting want was way we week well were what
    when where which while who whole whom whose why will with within without wonder would
    yes yesterday yet you your rail rack bring brought arrive arrives arrived arriving
    arrival arrivals delivery deliveries delivered deliver expected expecting expect return
    returns returned returning received receive shot shots shoot shooting transit delayed
    delay lost damaged missing awaiting courier shipment shipped track tracking designer
    brand category colour color coloured colored number count open view display risk blocker
    blockers endangered order batch batching monday tuesday wednesday thursday friday
    saturday sunday weekend morning afternoon evening noon month year mark move change add
    remove delete approve reject assign create image images photo photos picture pictures
    task tasks event events gallery media clue idea went gone end ended disappear disappeared
    hiding earth hell heck luck news word sign seen spotted eyes laid anywhere somewhere
""")
