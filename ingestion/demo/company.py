"""The demo company Falkenhof: what it sells, where, and what happens to it and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from ingestion.demo.difficulty import Difficulty

# (city, federal state, first three digits of its postal codes, weight)
CITIES: tuple[tuple[str, str, str, int], ...] = (
    ("Berlin", "Berlin", "104", 12), ("Hamburg", "Hamburg", "203", 9),
    ("München", "Bayern", "803", 8), ("Köln", "Nordrhein-Westfalen", "506", 7),
    ("Frankfurt am Main", "Hessen", "603", 5), ("Stuttgart", "Baden-Württemberg", "701", 5),
    ("Düsseldorf", "Nordrhein-Westfalen", "402", 4), ("Leipzig", "Sachsen", "041", 4),
    ("Hannover", "Niedersachsen", "301", 4), ("Nürnberg", "Bayern", "904", 3),
    ("Bremen", "Bremen", "281", 3), ("Mainz", "Rheinland-Pfalz", "551", 2),
    ("Würzburg", "Bayern", "970", 2), ("Göttingen", "Niedersachsen", "370", 2),
    ("Lübeck", "Schleswig-Holstein", "235", 2), ("Erfurt", "Thüringen", "990", 2),
    ("Saarbrücken", "Saarland", "661", 2), ("Rostock", "Mecklenburg-Vorpommern", "180", 2),
    ("Magdeburg", "Sachsen-Anhalt", "391", 2), ("Potsdam", "Brandenburg", "144", 2),
    ("Münster", "Nordrhein-Westfalen", "481", 3), ("Gießen", "Hessen", "353", 1),
)
STORE_COUNT = 12  # in the first twelve cities

STREETS: tuple[str, ...] = (
    "Hauptstraße", "Bahnhofstraße", "Gartenstraße", "Schulstraße", "Goethestraße", "Lindenweg",
    "Am Mühlbach", "Bergstraße", "Rosenweg", "Kirchgasse", "Mozartstraße", "Birkenallee",
    "Uhlandstraße", "Waldweg", "Marktplatz", "Schillerstraße", "Lessingstraße", "Dorfstraße",
    "Feldstraße", "Ringstraße", "Ahornweg", "Königsallee", "Grüner Weg", "Römerstraße",
    "Jahnstraße", "Amselweg", "Talstraße", "Kastanienallee", "Hafenstraße", "Blücherstraße",
)
FEMALE_NAMES: tuple[str, ...] = (
    "Anna", "Maria", "Sabine", "Petra", "Monika", "Julia", "Katharina", "Lena", "Laura", "Sarah",
    "Claudia", "Susanne", "Birgit", "Karin", "Ursula", "Renate", "Andrea", "Stefanie", "Christine",
    "Nicole", "Melanie", "Jana", "Franziska", "Johanna", "Emma", "Mia", "Hannah", "Lea", "Käthe",
    "Jördis", "Bärbel", "Gisela", "Heike", "Silke", "Anke", "Elif", "Leyla",
    "Agnieszka", "Olga", "Zoë", "Ida", "Frieda", "Greta", "Theresa",
)
MALE_NAMES: tuple[str, ...] = (
    "Thomas", "Michael", "Andreas", "Peter", "Stefan", "Christian", "Martin", "Frank", "Jürgen",
    "Klaus", "Wolfgang", "Markus", "Jörg", "Uwe", "Bernd", "Daniel", "Alexander", "Sebastian",
    "Tobias", "Jan", "Florian", "Philipp", "Lukas", "Jonas", "Felix", "Maximilian", "Paul", "Leon",
    "Günther", "Götz", "Björn", "Sören", "Mehmet", "Emre", "Piotr", "Dmitri", "René", "Hannes",
    "Matthias", "Oliver", "Ralf", "Dieter", "Karl", "Anton",
)
LAST_NAMES: tuple[str, ...] = (
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz",
    "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann",
    "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner",
    "Krause", "Meier", "Lehmann", "Köhler", "Herrmann", "König", "Walter", "Mayer", "Huber",
    "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Schubert",
    "Vogel", "Friedrich", "Keller", "Günther", "Frank", "Berger", "Winkler", "Roth", "Beck",
    "Lorenz", "Baumann", "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Böhm", "Winter",
    "Kraus", "Martin", "Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Sommer", "Groß",
    "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Dietrich", "Ziegler", "Kuhn",
    "Kühn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas", "Voigt", "Sauer", "Arnold",
    "Wolff", "Pfeiffer", "Yilmaz", "Kaya", "Öztürk", "Nowak", "Kowalski", "Petrov", "Nguyen",
    "Rossi", "Hübner", "Götz", "Thiele", "Lindner", "Büttner", "Weiss", "Strauß",
)
COMPANY_KINDS: tuple[str, ...] = (
    "Elektrotechnik", "Gastronomie", "Hausverwaltung", "Architekten", "Pflegedienst", "Hotel",
    "Kanzlei", "Werbeagentur", "Bäckerei", "Steuerberatung",
)
LEGAL_FORMS: tuple[str, ...] = ("GmbH", "GmbH & Co. KG", "AG", "e.K.", "OHG")
# Reserved top-level domain: none of these addresses can belong to anybody.
MAIL_DOMAINS: tuple[str, ...] = (
    "freipost.example", "mailhaus.example", "netzbrief.example", "postfach.example",
    "briefkasten.example", "mein-web.example",
)

# category -> (noun, grammatical gender, English noun, lowest and highest gross price in euros)
CATEGORIES: dict[str, tuple[tuple[str, str, str, float, float], ...]] = {
    "Küche": (
        ("Wasserkocher", "m", "kettle", 19, 89), ("Toaster", "m", "toaster", 18, 79),
        ("Kaffeemaschine", "f", "coffee maker", 39, 289), ("Bratpfanne", "f", "frying pan", 12, 69),
        ("Stabmixer", "m", "hand blender", 15, 99), ("Topfset", "n", "pan set", 35, 199),
        ("Brotkasten", "m", "bread bin", 9, 45),
    ),
    "Wohnen": (
        ("Stehlampe", "f", "floor lamp", 25, 159), ("Regal", "n", "shelf", 19, 189),
        ("Teppich", "m", "rug", 22, 249), ("Bettwäsche", "f", "duvet cover", 12, 79),
        ("Sofakissen", "n", "cushion", 6, 29), ("Vorhang", "m", "curtain", 9, 59),
    ),
    "Garten": (
        ("Gartenstuhl", "m", "garden chair", 19, 119), ("Rasenmäher", "m", "lawn mower", 89, 449),
        ("Sonnenschirm", "m", "parasol", 29, 179), ("Gartenschlauch", "m", "garden hose", 9, 59),
        ("Pflanzkübel", "m", "planter", 6, 49), ("Heckenschere", "f", "hedge trimmer", 25, 149),
    ),
    "Haushalt": (
        ("Staubsauger", "m", "vacuum cleaner", 59, 399), ("Bügeleisen", "n", "iron", 19, 99),
        ("Wäscheständer", "m", "drying rack", 12, 59), ("Mülleimer", "m", "bin", 8, 69),
        ("Putzset", "n", "cleaning kit", 4, 25), ("Trittleiter", "f", "stepladder", 25, 99),
    ),
    "Smart Home": (
        ("Heizkörperthermostat", "n", "radiator thermostat", 29, 79),
        ("Überwachungskamera", "f", "security camera", 39, 199),
        ("Türklingel", "f", "doorbell", 49, 179), ("Saugroboter", "m", "robot vacuum", 149, 549),
        ("Luftreiniger", "m", "air purifier", 69, 299),
    ),
}
CONNECTED_CATEGORY = "Smart Home"
BRANDS: tuple[str, ...] = ("Nordhaus", "Velmora", "Kastell", "Brio&Co", "Falkenhof Basic")
SUPPLIERS: tuple[str, ...] = ("Hansekontor", "Alpina Import", "Osttor Handel", "Direktwerk")
SUBSCRIPTIONS: tuple[tuple[str, float], ...] = (
    ("Kaffee-Abo", 14.90), ("Filter-Abo", 9.90), ("Geräteschutz", 6.90),
)
PROMOTIONS: tuple[tuple[str, int, int, int, float], ...] = (
    # name, month, first day, last day, discount
    ("SOMMERSCHLUSS", 7, 20, 31, 0.15), ("GEBURTSTAG", 4, 10, 18, 0.10),
    ("SCHWARZE_WOCHE", 11, 22, 30, 0.20), ("WINTERSCHLUSS", 1, 12, 24, 0.15),
)
# Employees of the service teams, which no extract tells.
TEAM_SIZES: dict[str, int] = {
    "Hotline": 24, "Versand": 16, "Reklamation": 18, "Digital": 12, "Buchhaltung": 11,
    "Filialen": 40, "Abo-Service": 6,
}
# Demand by month (January first) and by weekday (Monday first).
_MONTH_SEASON = (0.85, 0.82, 0.95, 1.0, 1.02, 0.92, 0.9, 0.85, 0.95, 1.02, 1.25, 1.6)
_WEEKDAY_SEASON = (0.95, 0.92, 0.95, 1.0, 1.15, 1.4, 0.63)


@dataclass(frozen=True)
class Catalogue:
    """Products as arrays; subscriptions are the last ones."""

    number: np.ndarray
    name: np.ndarray
    category: np.ndarray
    noun: np.ndarray  # index into NOUNS, -1 for subscriptions
    brand: np.ndarray
    price_cents: np.ndarray  # gross


NOUNS: tuple[tuple[str, str, str], ...] = tuple(
    (noun, gender, english)
    for group in CATEGORIES.values()
    for noun, gender, english, _, _ in group
)

# What a product is like, for what can be said about it; everything unnamed is "electric".
_KINDS = {
    "textile": "Teppich Bettwäsche Sofakissen Vorhang",
    "assembled": "Regal Gartenstuhl Sonnenschirm Wäscheständer Trittleiter",
    "ware": "Bratpfanne Topfset Brotkasten Gartenschlauch Pflanzkübel Mülleimer Putzset",
}
NOUN_KINDS: tuple[str, ...] = tuple(
    next((kind for kind, nouns in _KINDS.items() if noun in nouns.split()), "electric")
    for noun, _, _ in NOUNS
)


def build_catalogue(rng: np.random.Generator) -> Catalogue:
    """Return the same products for a seed, whatever the number of customers."""
    names, categories, nouns, brands, prices = [], [], [], [], []
    position = 0
    for category, group in CATEGORIES.items():
        for noun, _, _, low, high in group:
            for brand in BRANDS:
                share = rng.random()
                price = low * (high / low) ** share
                names.append(f"{brand} {noun} {'SMLX'[int(share * 4)]}{rng.integers(10, 99)}")
                categories.append(category)
                nouns.append(position)
                brands.append(brand)
                prices.append(int(price) * 100 + 99)
            position += 1
    for name, fee in SUBSCRIPTIONS:
        names.append(name)
        categories.append("Abo")
        nouns.append(-1)
        brands.append("Falkenhof")
        prices.append(round(fee * 100))
    numbers = np.array([f"A{10_000 + 37 * i}" for i in range(len(names))], dtype=object)
    return Catalogue(
        numbers, np.array(names, dtype=object), np.array(categories, dtype=object),
        np.array(nouns), np.array(brands, dtype=object), np.array(prices, dtype=np.int64),
    )


@dataclass(frozen=True)
class World:
    """The time frame, its season, and the planted events. Days count from `start`."""

    start: np.datetime64
    end: np.datetime64  # last day, included
    customers: int
    months: int
    seed: int
    difficulty: Difficulty
    catalogue: Catalogue

    @property
    def days(self) -> int:
        """Length of the history."""
        return int((self.end - self.start).astype(int)) + 1

    @property
    def first_midnight(self) -> np.datetime64:
        """Start of the history, to the second."""
        return self.start.astype("datetime64[s]")

    @property
    def last_second(self) -> np.datetime64:
        """End of the history, to the second."""
        return (self.end + 1).astype("datetime64[s]") - np.timedelta64(1, "s")

    @property
    def season(self) -> np.ndarray:
        """Demand of each day, with mean 1."""
        dates = self.start + np.arange(self.days)
        month = dates.astype("datetime64[M]").astype(int) % 12
        weekday = (dates.astype(int) + 3) % 7
        demand = np.array(_MONTH_SEASON)[month] * np.array(_WEEKDAY_SEASON)[weekday]
        return demand / demand.mean()

    @property
    def outage(self) -> tuple[int, int]:
        """First and last day of the month in which the app fails."""
        month = self.start.astype("datetime64[M]") + int(self.months * 0.6)
        first = int((month.astype("datetime64[D]") - self.start).astype(int))
        last = int(((month + 1).astype("datetime64[D]") - self.start).astype(int)) - 1
        return max(first, 0), min(last, self.days - 1)

    @property
    def strike(self) -> tuple[int, int]:
        """First and last day of the two weeks without parcel drivers."""
        first = int(self.days * 0.35)
        return first, min(first + 13, self.days - 1)

    @property
    def campaign(self) -> tuple[int, int]:
        """First and last day of the loyalty campaign's effect."""
        first = int(self.days * 0.8)
        return first, min(first + 59, self.days - 1)

    def day(self, number: int) -> np.datetime64:
        """Return the calendar day of a day number."""
        return self.start + number


def build_world(
    customers: int, months: int, seed: int, end: date, difficulty: Difficulty, catalogue: Catalogue
) -> World:
    """Return the time frame: `months` whole months back from `end`."""
    last = np.datetime64(end, "D")
    following = last + 1
    month = following.astype("datetime64[M]")
    start = (month - months).astype("datetime64[D]") + (following - month.astype("datetime64[D]"))
    return World(start, last, customers, months, seed, difficulty, catalogue)
