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

# Houses that people name. One that is in the question but not in the data is an honest "not here".
DESIGNERS = words("""
    acne alaia armani balenciaga balmain bottega burberry cartier celine chanel chloe
    courreges dior erdem fendi ferragamo ganni givenchy gucci hermes jacquemus kenzo khaite
    lanvin lemaire loewe louboutin margiela marni mcqueen missoni miumiu moncler moschino
    mugler nanushka prada pucci rabanne rodarte schiaparelli simkhai stella toteme valentino
    versace vuitton westwood zegna zimmermann
""")

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
    task tasks event events gallery media
""")
