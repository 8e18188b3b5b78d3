"""The service packages a new installation starts with, as rows of JSON; staff change them later."""

from typing import Any

# id | name | price in EUR, or from-to | lead days | tags | roles | event types | people | rating by teams
_TABLE = """
pkg-packshot-day   | Packshot day            | 3900          | 5  | e-commerce, studio, packshot, fast        | stylist, photo editor, coordinator | photoshoot                   | 2-12     | 4.6 by 211
pkg-ecom-week      | E-commerce week         | 16500         | 10 | e-commerce, studio, on-model, volume      | producer, photo editor             | photoshoot                   | 8-30     | 4.5 by 143
pkg-lookbook       | Lookbook two-day        | 12800         | 14 | lookbook, studio, on-model, retouching    | stylist, producer                  | photoshoot, campaign         | 6-25     | 4.7 by 96
pkg-campaign       | Campaign on location    | 48000 - 72000 | 35 | campaign, location, casting, retouching   | producer, stylist                  | campaign                     | 20-60    | 4.8 by 64
pkg-fashion-film   | Fashion film            | 36000         | 28 | film, campaign, location, social          | producer                           | campaign                     | 12-40    | 4.4 by 31
pkg-social         | Social content day      | 5400          | 7  | social, video, backstage, fast            | photo editor, planner              | photoshoot, pop up, party    | 3-20     | 4.3 by 118
pkg-runway-compact | Runway compact          | 29500         | 28 | runway, backstage, rehearsal              | producer, planner                  | runway, presentation         | 80-250   | 4.6 by 87
pkg-runway-full    | Runway full production  | 86000         | 56 | runway, backstage, casting, stage, live stream | producer                      | runway                       | 200-900  | 4.8 by 52
pkg-salon          | Salon presentation      | 18500         | 21 | presentation, press, intimate             | planner, producer                  | presentation, showroom       | 20-120   | 4.5 by 73
pkg-showroom       | Showroom market week    | 21000         | 18 | showroom, samples, buyers, appointments   | planner, coordinator               | showroom, trunk show         | 15-150   | 4.4 by 58
pkg-press-day      | Press day               | 9200          | 14 | press, samples, appointments, send-out    | planner, coordinator               | press day                    | 20-120   | 4.5 by 69
pkg-pop-up         | Pop-up opening          | 24000 - 32000 | 30 | pop-up, retail, party, build              | planner                            | pop up, party                | 50-400   | 4.2 by 38
pkg-sample-desk    | Sample desk for a month | 6800          | 7  | samples, logistics, couriers, returns     | coordinator, stylist               |                              |          | 4.7 by 124
"""  # noqa: E501 -- one row a line is what makes the table readable

_INCLUDES = {
    "pkg-packshot-day": ("Studio for a day", "Stylist", "60 packshots, cut out and retouched"),
    "pkg-ecom-week": ("Studio for five days", "Two models", "Steaming team", "400 images"),
    "pkg-lookbook": ("Studio for two days", "Two models", "Hair and make-up", "45 images"),
    "pkg-campaign": ("Location permits", "Casting", "Crew of 18", "12 key visuals"),
    "pkg-fashion-film": ("Director and camera", "Two shooting days", "Edit, grade and music"),
    "pkg-social": ("Photographer and editor", "20 clips in vertical format", "Same-day delivery"),
    "pkg-runway-compact": ("Show caller", "Backstage crew of 24", "Rehearsal", "Hair and make-up"),
    "pkg-runway-full": ("Stage and light", "Casting of 35 models", "Show caller", "Live stream"),
    "pkg-salon": ("Room dressing", "Six models", "Front of house"),
    "pkg-showroom": ("Rails and fixtures", "Appointment book", "Two hosts", "Sample steaming"),
    "pkg-press-day": ("Sample desk", "Appointment book", "Catering", "Send-out afterwards"),
    "pkg-pop-up": ("Build and strike", "Permits", "Opening evening", "Security"),
    "pkg-sample-desk": ("Coordinator on site", "Courier account", "Returns and customs papers"),
}


def packages() -> list[dict[str, Any]]:
    """Return the rows in the spelling of the wire, each call anew."""
    rows = ([cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines())
    return [
        {
            "id": key,
            "name": name,
            **_price(price),
            "currency": "EUR",
            "leadDays": int(days),
            "tags": tags.split(", "),
            "roles": [role.replace(" ", "_") for role in roles.split(", ")],
            "eventTypes": [kind.replace(" ", "_") for kind in kinds.split(", ") if kind],
            "capacity": _ends(people),
            "rating": float(rated.split(" by ")[0]),
            "ratingCount": int(rated.split(" by ")[1]),
            "includes": list(_INCLUDES[key]),
        }
        for key, name, price, days, tags, roles, kinds, people, rated in rows
    ]


def _price(written: str) -> dict[str, int]:
    amounts = [int(amount) for amount in written.split(" - ")]
    return (
        {"price": amounts[0]}
        if len(amounts) == 1
        else dict(zip(("priceMin", "priceMax"), amounts, strict=True))
    )


def _ends(written: str) -> dict[str, int] | None:
    if not written:
        return None
    least, most = map(int, written.split("-"))
    return {"min": least, "max": most}
