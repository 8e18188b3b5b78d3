"""The fictional house: its pieces, looks, setups, suppliers and service packages, as tables."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

HOUSE = "Maison Orvane"
COLLECTION = "First Light"


class Colour(NamedTuple):
    code: str
    hex: str


class Noun(NamedTuple):
    """What the last word of a piece's name says about it; `change` is seconds to get into it."""

    category: str
    code: str
    line: str
    size: str
    value: int
    change: int
    supplier: str


class Supplier(NamedTuple):
    name: str
    carrier: str
    prefix: str
    customs: bool


class Setup(NamedTuple):
    """A set with its light, background and model; `day` and `clock` are its first slot."""

    day: int
    clock: str
    set_id: str
    shot_type: str
    lighting: str
    background: str
    model_id: str | None


class Piece(NamedTuple):
    name: str
    status: str
    is_hero: bool
    looks: tuple[int, ...]
    setup: str
    row: int

    @property
    def colour(self) -> str:
        return self.name.split()[0].lower()

    @property
    def noun(self) -> Noun:
        return NOUNS[self.name.split()[-1]]


def table(text: str) -> Iterator[list[str]]:
    """Rows of a `|` separated text, cells stripped."""
    for line in text.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


COLOURS = {
    name: Colour(code, value)
    for name, code, value in table("""
    ivory     | IVR | #F4EFE1
    white     | WHT | #FAFAF7
    ecru      | ECR | #E3D9C3
    blush     | BLS | #E6C4BC
    sage      | SGE | #A3AD92
    moss      | MSS | #5B6243
    camel     | CML | #BE9564
    cognac    | CGN | #91532B
    rust      | RST | #A4492A
    copper    | CPR | #B4703F
    gold      | GLD | #C5A253
    silver    | SLV | #BFC1C4
    slate     | SLT | #5C6670
    bordeaux  | BRD | #5C1F2C
    midnight  | MDN | #1B2440
    black     | BLK | #151515
    """)
}

SUPPLIERS = {
    key: Supplier(name, carrier, prefix, customs == "customs")
    for key, name, carrier, prefix, customs in table("""
    couture  | Atelier Brissonne, Paris           | Coursiers du Canal     | CDC |
    tailor   | Sartoria Valcorra, Biella          | Passerelle Freight     | PSF |
    knit     | Halvorsen Strikk, Bergen           | Nordlys Air Cargo      | NLA | customs
    leather  | Pelletteria Montefosco, Florence   | Passerelle Freight     | PSF |
    shoes    | Calçados Serradinho, Porto         | Rota Azul Express      | RAE |
    denim    | Kanzaka Orimono, Okayama           | Minato Air Service     | MAS | customs
    jewel    | Ndoumbé Joaillerie, Dakar          | Teranga Air Courier    | TAC | customs
    """)
}

NOUNS = {
    noun: Noun(category, code, line, size, int(value), int(change), supplier)
    for noun, category, code, line, size, value, change, supplier in table("""
    gown      | dress      | GWN | Orvane Atelier  | 36      | 6400 | 105 | couture
    dress     | dress      | DRS | Orvane Atelier  | 36      | 2900 |  80 | couture
    coat      | outerwear  | COT | Orvane Tailleur | 38      | 3400 |  60 | tailor
    jacket    | tailoring  | JKT | Orvane Tailleur | 38      | 1900 |  60 | tailor
    trousers  | tailoring  | TRS | Orvane Tailleur | 38      |  890 |  75 | tailor
    skirt     | tailoring  | SKT | Orvane Tailleur | 36      |  780 |  60 | couture
    blouse    | top        | BLS | Orvane Atelier  | 36      |  720 |  60 | couture
    shirt     | top        | SHT | Orvane Tailleur | 38      |  540 |  60 | tailor
    knit      | knitwear   | KNT | Orvane Maille   | S       |  680 |  50 | knit
    cardigan  | knitwear   | CRD | Orvane Maille   | S       |  740 |  50 | knit
    scarf     | accessory  | SCF | Orvane Maille   | one     |  290 |  20 | knit
    hat       | accessory  | HAT | Orvane Maille   | M       |  340 |  20 | knit
    jeans     | denim      | JNS | Orvane Indigo   | 27      |  460 |  75 | denim
    bag       | bag        | BAG | Orvane Cuir     | one     | 1850 |  10 | leather
    clutch    | bag        | CLT | Orvane Cuir     | one     | 1250 |  10 | leather
    belt      | accessory  | BLT | Orvane Cuir     | 80      |  380 |  20 | leather
    gloves    | accessory  | GLV | Orvane Cuir     | 7       |  320 |  40 | leather
    boots     | shoes      | BTS | Orvane Cuir     | 39      | 1150 |  45 | shoes
    loafers   | shoes      | LFR | Orvane Cuir     | 39      |  720 |  30 | shoes
    pumps     | shoes      | PMP | Orvane Cuir     | 39      |  790 |  30 | shoes
    sandals   | shoes      | SND | Orvane Cuir     | 39      |  690 |  30 | shoes
    earrings  | jewellery  | EAR | Orvane Bijoux   | pair    |  420 |  20 | jewel
    collar    | jewellery  | COL | Orvane Bijoux   | one     |  980 |  25 | jewel
    cuff      | jewellery  | CUF | Orvane Bijoux   | one     |  560 |  15 | jewel
    """)
}

SETUPS = {
    key: Setup(int(day), clock, set_id, shot_type, lighting, background, model or None)
    for key, day, clock, set_id, shot_type, lighting, background, model in table("""
    A1 | 0 | 09:00 | cyclorama  | on_model  | soft daylight | white       | model-01
    A2 | 0 | 11:00 | cyclorama  | on_model  | soft daylight | warm grey   | model-02
    A3 | 0 | 13:30 | cyclorama  | on_model  | hard key      | warm grey   | model-03
    A4 | 0 | 16:00 | cyclorama  | on_model  | hard key      | charcoal    | model-04
    B1 | 1 | 10:00 | salon      | on_model  | window light  | panelling   | model-05
    B2 | 1 | 12:00 | salon      | on_model  | tungsten      | panelling   | model-06
    B3 | 1 | 15:00 | salon      | on_model  | tungsten      | velvet drop | model-07
    C1 | 1 | 10:30 | courtyard  | editorial | available     | limestone   | model-08
    C2 | 1 | 13:00 | courtyard  | editorial | available     | ivy wall    | model-09
    C3 | 1 | 16:00 | courtyard  | editorial | dusk and fill | limestone   | model-10
    D1 | 0 | 09:30 | still life | packshot  | light tent    | white       |
    D2 | 1 | 09:30 | still life | detail    | macro strip   | slate       |
    """)
}

# look | setup | status of its pieces | pieces: `*` hero, `!status` exception, `&nn` other look.
# Rows without a look are still life, the back-up rail and what has left the production.
ROWS = """
01 | B1 | received   | Ivory silk gown*!delayed, Gold leather sandals, Gold drop earrings, Silver beaded clutch
02 | A1 | shot       | Camel cashmere coat*, Ecru wool trousers, White poplin shirt, Cognac leather loafers&17
03 | A1 | shot       | Slate wool jacket, Slate wool trousers, White silk blouse, Black patent pumps
04 | A1 | shot       | Sage linen dress*, Ecru straw hat, Cognac woven bag, Cognac leather sandals
05 | A2 | shot       | Rust suede jacket*, Ecru denim jeans, Ivory ribbed knit, Rust suede boots
06 | A2 | shot       | Midnight velvet jacket, Midnight satin skirt, Black lace blouse, Midnight velvet pumps
07 | A2 | shot       | Moss wool cardigan, Moss pleated skirt, Camel leather belt, Camel suede boots
08 | A3 | shot       | Bordeaux leather jacket*, Bordeaux ribbed knit, Black wool trousers, Bordeaux leather boots
09 | A3 | shot       | White poplin dress, Silver chain belt, Silver hammered cuff, White leather sandals!returned
10 | A4 | on_set     | Black wool coat*, Slate flannel trousers, Ecru silk blouse!damaged, Black leather boots&23
11 | A4 | on_set     | Copper sequin dress*, Copper metallic sandals, Gold chain collar, Black satin clutch
12 | A3 | on_set     | Blush tulle skirt, Blush cashmere knit, Silver satin pumps, Blush quilted bag
13 | A4 | received   | Midnight pinstripe jacket, Midnight pinstripe trousers, White silk shirt, Black leather loafers
14 | B1 | received   | Sage silk dress, Sage suede sandals, Moss enamel earrings!lost, Sage leather bag
15 | B1 | received   | Ecru bouclé jacket, Ecru bouclé skirt, Gold link belt, Ecru leather pumps
16 | B2 | received   | Rust pleated dress*!delayed, Cognac leather boots, Copper hoop earrings, Rust felt hat!in_transit
17 | B2 | received   | Cognac leather jacket*, Camel wool skirt, Ivory silk blouse, Cognac saddle bag
18 | B2 | received   | Slate denim jacket, Slate denim jeans, White ribbed knit, Slate suede loafers!delayed
19 | B3 | received   | Silver lamé gown*!lost, Silver mesh bag, Silver drop earrings, Silver leather sandals
20 | B3 | received   | Black velvet gown*, Black opera gloves, Black beaded clutch, Silver crystal collar
21 | C1 | received   | Moss waxed coat, Moss corduroy trousers, Camel ribbed knit!damaged, Moss rubber boots
22 | C1 | received   | Camel suede skirt, Rust checked shirt, Rust wool scarf!delayed, Camel leather bag
23 | C1 | in_transit | Slate quilted coat, Slate ribbed knit, Black wool skirt, Slate wool scarf!awaiting
24 | C2 | in_transit | Bordeaux silk dress*!delayed, Bordeaux satin pumps, Bordeaux leather bag, Gold hammered cuff
25 | C2 | in_transit | Black leather coat, Black denim jeans, Black ribbed knit, Black leather gloves!awaiting
26 | C3 | in_transit | Ecru shearling coat*, Ecru wool skirt!awaiting, Cognac suede boots, Ecru shearling hat
27 | C3 | awaiting   | Midnight silk dress, Midnight satin sandals, Silver crystal earrings, Midnight beaded clutch
28 | B3 | awaiting   | Gold embroidered gown*, Gold metallic pumps!in_transit, Gold leaf collar, Gold brocade coat
-- | D1 | shot       | Cognac weekend bag, Black box bag, Camel bucket bag!received, Sage mini bag!returned
-- | D2 | shot       | Gold signet cuff, Silver rope collar, Copper leaf earrings!received, Gold knot belt!returned
-- | B3 | received   | Blush satin gown, Copper pleated dress, Slate satin gown, Bordeaux crepe dress!returned
-- | C3 | cancelled  | Moss quilted coat, Rust suede gloves, Blush feather hat
"""

SUBSTITUTES = {
    "Ivory silk gown": ("Blush satin gown",),
    "Silver lamé gown": ("Slate satin gown",),
    "Rust pleated dress": ("Copper pleated dress",),
    "Black wool coat": ("Black leather coat",),
    "Black leather coat": ("Black wool coat",),
    "Moss enamel earrings": ("Copper hoop earrings",),
    "Slate suede loafers": ("Black leather loafers",),
}

# Day (0 = today) and local time of the new promise; the others get the next deliveries.
PROMISES: dict[str, tuple[int, str] | None] = {
    "Ivory silk gown": (1, "12:30"),
    "Rust pleated dress": (1, "13:00"),
    "Bordeaux silk dress": (2, "10:00"),
    "Slate suede loafers": (1, "09:30"),
    "Rust wool scarf": (2, "12:00"),
    "Black denim jeans": (-1, "15:00"),  # overdue: nobody has told us anything since
    "Gold embroidered gown": (1, "12:30"),
    "Slate wool scarf": None,
    "Black leather gloves": None,
    "Midnight beaded clutch": None,
}

DETAILS: dict[str, dict[str, Any]] = {
    "Ivory silk gown": {
        "priority": "critical",
        "prepMinutes": 45,
        "notes": "Left the atelier late: the hem was reopened after the last fitting.",
    },
    "Gold embroidered gown": {
        "priority": "critical",
        "prepMinutes": 60,
        "notes": "Travels in its own crate with two seamstresses; do not hang, lay flat.",
    },
    "Bordeaux silk dress": {
        "customsStatus": "held",
        "location": "Customs warehouse, airport",
        "notes": "Customs want a pro forma with the silk's origin. Sent this week, no answer yet.",
    },
    "Rust pleated dress": {"notes": "Pleating had to be set again after the first press."},
    "Silver lamé gown": {
        "priority": "critical",
        "location": "Last seen: freight lift, level 2",
        "notes": "On the rail at the evening count, gone at close. Security has the footage.",
    },
    "Moss enamel earrings": {"location": "Last seen: fitting room 2"},
    "Ecru silk blouse": {
        "condition": "stained",
        "notes": "Foundation on the collar; with the cleaner, back if it lifts.",
    },
    "Camel ribbed knit": {"condition": "needs_repair", "notes": "Pulled thread at the left cuff."},
    "Black wool coat": {"notes": "Sleeves pinned for the campaign; unpin before the show fitting."},
    "Sage linen dress": {"returnDue": (-1, "18:00"), "notes": "The lender asks for it back early."},
    "Moss quilted coat": {"notes": "Dropped from the line-up after the second fitting."},
    "Bordeaux crepe dress": {"notes": "Did not fit; sent back unshot."},
    "Slate quilted coat": {"sampleType": "sms"},
    "Slate ribbed knit": {"sampleType": "proto"},
    "Copper sequin dress": {"prepMinutes": 50},
}

_PIECE = re.compile(r"([^*!&]+)(\*?)(?:!(\w+))?(?:&(\d\d))?")


def pieces() -> Iterator[Piece]:
    """Every piece of ROWS; `row` numbers the line, so that a look's pieces stay together."""
    for row, (look, setup, status, cells) in enumerate(table(ROWS)):
        for cell in cells.split(", "):
            match = _PIECE.fullmatch(cell)
            if match is None:
                raise ValueError(f"not a piece: {cell!r}")
            name, hero, exception, other = match.groups()
            looks = tuple(int(number) for number in (look, other) if number and number != "--")
            yield Piece(name, exception or status, bool(hero), looks, setup, row)


def brand() -> dict[str, Any]:
    return {
        "name": HOUSE,
        "palette": [
            {"name": name, "hex": COLOURS[name].hex}
            for name in ("ivory", "ecru", "camel", "rust", "bordeaux", "midnight", "black")
        ],
        "background": {"hex": "#F2F0EC", "tolerance": 6},
        "aspectRatio": 0.8,
        "fill": [0.7, 0.95],
        "minLongSide": 2500,
        "maxCast": 12,
    }


def packages() -> list[dict[str, Any]]:
    rows = table("""
    pkg-capsule  | Capsule shoot        |  9800 | 12 | e-commerce, studio, fast          | campaign, photoshoot   |  10 |  40 | 4.6 | 88
    pkg-campaign | Campaign two-day     | 24500 | 21 | campaign, location, retouching    | campaign               |  40 | 150 | 4.8 | 64
    pkg-runway   | Runway essentials    | 31000 | 28 | runway, backstage, casting        | runway, presentation   | 120 | 450 | 4.7 | 132
    pkg-salon    | Salon presentation   | 17500 | 18 | presentation, press, intimate     | presentation, showroom |  20 | 120 | 4.5 | 41
    pkg-press    | Press day and send-out | 8200 | 10 | press, samples, logistics        | press_day, showroom    |  10 |  80 | 4.3 | 27
    """)  # noqa: E501 -- one row a line is what makes the table readable
    includes = {
        "pkg-capsule": ["Studio for a day", "Stylist", "80 retouched images"],
        "pkg-campaign": [
            "Two studio days",
            "Location permit",
            "Sample desk",
            "25 retouched images",
        ],
        "pkg-runway": ["Show caller", "Backstage crew of 24", "Casting", "Rehearsal"],
        "pkg-salon": ["Room dressing", "Six models", "Front of house"],
        "pkg-press": ["Sample desk", "Courier account", "Appointment book"],
    }
    return [
        {
            "id": key,
            "name": name,
            "price": int(price),
            "currency": "EUR",
            "leadDays": int(days),
            "tags": tags.split(", "),
            "roles": ["producer", "planner"],
            "eventTypes": types.split(", "),
            "capacity": {"min": int(least), "max": int(most)},
            "rating": float(rating),
            "ratingCount": int(count),
            "includes": includes[key],
        }
        for key, name, price, days, tags, types, least, most, rating, count in rows
    ]
