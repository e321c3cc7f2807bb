"""Generated feedback texts with planted personal data, for `benchmarks.masking`.

Templates, names, streets and formats stand here and not in `models_ml`, so that the rules are not
measured on their own lists.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words("""
    Annika Benedikt Carola Detlef Elif Franziska Gerrit Hannelore Ivo Jolanda Kilian
    Liselotte Mehmet Nadja Oskar Petra Quirin Rieke Sebastian Tjark Ursula Veit Wiebke Xenia
    Yannick Zeynep Bjarne Chiara Dagobert Emre Fiete Gülcan Hinnerk Isolde Jörg Katarzyna
    Ludger Malwine Nils Olaf
""")
SURNAMES = _words("""
    Abendroth Brinkmann Czerny Dörfler Eberhardt Fuhrmann Grabowski Hölzl Ihlenfeld Jankowski
    Kowalczyk Lindemann Möllers Niedermayer Oehlschläger Pfaff Quandt Rademacher
    Schulze-Wilke Tiedemann Uhlig Vollmer Wolters Yıldırım Zimmermann Öztürk Schmitz Hartung
    Krause Neumann
""")
GIVEN_EN = _words("""
    Abigail Brandon Courtney Dwight Eleanor Fergus Gwen Harriet Imogen Jasper Kimberly Leroy
    Meredith Nathaniel Olivia Preston Rosalind Stephen Tabitha Vincent
""")
SURNAMES_EN = _words("""
    Ashworth Blackwood Caldwell Davenport Ellison Fairbanks Gallagher Hargrove Iverson
    Jefferson Kirkland Livingstone Montgomery Nightingale O'Brien Pemberton Quigley
    Rutherford Stratton Thornton
""")
CITIES = ("Kassel", "Oldenburg", "Heilbronn", "Görlitz", "Bad Nauheim", "Frankfurt am Main")
STREETS = ("Ahornweg", "Schillerstraße", "Bgm.-Kolb-Str.", "Kastanienallee", "Am-Anger-Straße",
           "Hohe Straße", "Rosengasse", "Mühlendamm", "Tannenstrasse", "Goethering", "Elbufer")
DISTRICTS = ("HH", "KS", "OL", "GR", "M", "B", "WÜ", "HRO", "LB", "ERB")
MAIL_HOSTS = ("gmx.de", "web.de", "t-online.de", "gmail.com", "posteo.de", "example.co.uk")


@dataclass(frozen=True)
class Planted:
    """A text, its language, where which kind was planted, and the full name of its author."""

    text: str
    language: str
    values: tuple[tuple[int, int, str], ...]
    author: str


GERMAN = (
    "Sehr geehrte Damen und Herren, meine Bestellung {order_de} ist immer noch nicht da.\n\nMit "
    "freundlichen Grüßen\n{name}",
    "Frau {surname} am Telefon war sehr hilfsbereit, aber der Techniker kam trotzdem nicht.",
    "Ich warte seit zwei Wochen auf eine Antwort von Herrn {surname}. Bitte melden Sie sich "
    "unter {phone_de}.",
    "Mein Name ist {name}, Kundennummer {customer}. Die App stürzt beim Bezahlen ab!",
    "Danke an {given} aus der Filiale in Kassel, so freundlich wurde ich noch nie bedient.",
    "Bitte erstatten Sie den Betrag auf mein Konto {iban}. Rechnungsnummer: {invoice}. Viele "
    "Grüße, {name}",
    "Das Paket sollte an {address_de} geliefert werden und landete beim Nachbarn.",
    "Rückruf bitte unter {phone_de} oder per Mail an {email}. Danke",
    "Habe mit Karte {card} bezahlt und wurde zweimal belastet, das geht gar nicht.",
    "Ihr Fahrer mit dem Kennzeichen {plate} hat unsere Einfahrt zugeparkt.",
    "Guten Tag, ich bin am {birth_de} geboren und bekomme trotzdem keinen Seniorenrabatt?",
    "Toller Service!! LG {given}",
    "{name} hat mich super beraten, fünf Sterne.",
    "Hallo {given}, vielen Dank für die schnelle Lösung. Gruß {name}",
    "Folgt mir auf Insta: {handle_plain} oder schreibt {handle}, ich zeige euch das kaputte Gerät.",
    "Mein Profil {url} wurde ohne Grund gesperrt, Vorgangsnummer {ticket}.",
    "Die Lieferung zu {order_de} war unvollständig. Erreichbar bin ich unter {phone_de}, "
    "{name}, {address_de}",
    "Geburtsdatum {birth_de}, Mitgliedsnummer {customer}, Login geht nicht.",
    "Familie {surname} wartet seit März auf die Montage. IBAN für die Erstattung: {iban}",
    "Unser Berater Dr. {surname} ist super, die Hotline eine Katastrophe.",
    "Die Kollegin {name} hat mir am Schalter sofort geholfen.",
    "Auftragsnr. {order_de} storniert, Geld nicht zurück. {email}",
    "{surname} war unfreundlich und hat einfach aufgelegt.",
    "frau {surname_lower} war unfreundlich und hat einfach aufgelegt.",
    "am telefon herr {name_lower}, der konnte auch nichts machen",
    "der herr {surname_lower} hat sich nie zurückgemeldet, familie {surname_lower} wartet",
)
ENGLISH = (
    "My name is {name_en} and my order {order_en} never arrived.",
    "Please call me back at {phone_en}. Regards, {name_en}",
    "Mrs. {surname_en} at the front desk was lovely, the room was not.",
    "Thanks to {given_en} for fixing my booking so quickly!",
    "You charged my card {card} twice. Refund it now. {email}",
    "Delivered to the wrong house: I live at {address_en} and my neighbour got it.",
    "Hi {given_en}, still waiting for a reply to ticket {ticket}.\n\nKind regards,\n{name_en}",
    "I was born on {birth_en} and your form says I am too young.",
    "Account number {customer}, invoice {invoice}: wrong amount again.",
    "I spoke to {name_en} yesterday and he hung up on me.",
    "Tweeted {handle} and got no answer. My profile is {url}",
    "Bank transfer to {iban} still missing after ten days.",
    "I'm {name_en}, a loyal customer since 2009, and this is ridiculous.",
    "mrs {surname_en_lower} at the desk was rude, so was mr {surname_en_lower}",
    "{given_en} was rude and slow, {given_en} saved the day.",
    "Your van, registration {plate_en}, blocked my drive.",
)
CLEAN = (
    ("de", "Ich bin seit 2015 Kunde und die Qualität wird immer schlechter. Am Montag 3 Stunden "
     "gewartet!"),
    ("de", "Die Frau an der Kasse war nett, der Herr am Eingang leider nicht."),
    ("de", "die frau rief nie zurück, der herr am telefon lachte nur und meine frau weinte"),
    ("de", "20000 Euro für ein Auto mit 120000 km? Nein danke. Angebot vom 12.03.2024, 14:30 Uhr."),
    ("de", "Sitzplatz 45 in Wagen 7, Gleis 12, Verspätung 90 Minuten. Mit freundlichen Grüßen "
     "ein Pendler"),
    ("de", "Super Laden, tolle Auswahl, faire Preise. Viele Grüße aus Hamburg"),
    ("de", "Liebes Team, die Marke Rosa Luxus ist ausverkauft. Ernst gemeinte Frage: wann kommt "
     "Nachschub?"),
    ("de", "Der Fernseher hat 55 Zoll, 4K und HDMI 2.1, aber der Ton ist blechern. Note 4."),
    ("de", "Art. 17 der AGB, Paragraph 355, Seite 12: das steht da nicht so."),
    ("de", "Wir sind begeistert vom Service Team Deutschland und vom neuen Online Shop!"),
    ("de", "Kundenservice Hotline 10 Minuten Warteschleife. Kunde König? Bestellung Online ging "
     "gut."),
    ("en", "Will there be a refund? May I ask why it takes 14 days? Mark my words, never again."),
    ("en", "The A320 was late 2 hours, flight 1234 to Austin, seat 12A, gate B7."),
    ("en", "Great Product, Fast Delivery, Amazing Customer Service! 10/10 would buy again on "
     "3/14/2024."),
    ("en", "Dear Sir or Madam, I am very unhappy with the new design."),
    ("en", "It cost $1,299.00 and broke after 30 days. Dear God, never again."),
    ("en", "I'm happy, I'm Canadian, and this is Great. Thanks Team!"),
)


def plant_texts(count: int, seed: int) -> list[Planted]:
    """Texts with planted values; one in four has none."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        if draw.random() < 0.25:
            language, text = draw.choice(CLEAN)
            texts.append(Planted(text, language, (), ""))
        else:
            language = draw.choice(("de", "de", "en"))
            template = draw.choice(GERMAN if language == "de" else ENGLISH)
            texts.append(_fill(template, language, draw))
    return texts


def _fill(template: str, language: str, draw: random.Random) -> Planted:
    given, surnames = (GIVEN, SURNAMES) if language == "de" else (GIVEN_EN, SURNAMES_EN)
    author = f"{draw.choice(given)} {draw.choice(surnames)}"
    text, values = "", []
    for fixed, field in re.findall(r"([^{]*)(?:\{(\w+)\}|$)", template):
        text += fixed
        if field:
            kind, make = _FIELDS[field]
            value = make(draw, author)
            values.append((len(text), len(text) + len(value), kind))
            text += value
    return Planted(text, language, tuple(values), author)


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _phone_de(draw: random.Random, _: str) -> str:
    area, number = draw.choice((("0171", _digits(draw, 7)), ("0152", "2" + _digits(draw, 7)),
                                ("030", "4" + _digits(draw, 6)), ("0561", "3" + _digits(draw, 5)),
                                ("089", "5" + _digits(draw, 7))))
    return draw.choice((f"{area}/{number}", f"{area} {number}", f"{area}-{number}", area + number,
                        f"+49 {area[1:]} {number}", f"0049{area[1:]}{number}",
                        f"({area}) {number}", f"+49 (0){area[1:]} {number[:3]} {number[3:]}"))


def _phone_en(draw: random.Random, _: str) -> str:
    us = (draw.choice(("212", "415", "312")), draw.choice("23456") + _digits(draw, 2),
          _digits(draw, 4))
    return draw.choice(("({}) {}-{}", "{}-{}-{}", "+1 {} {} {}", "{}.{}.{}")).format(*us)


def _iban(draw: random.Random, _: str) -> str:
    country, account = draw.choice((("DE", _digits(draw, 18)), ("AT", _digits(draw, 16)),
                                    ("NL", "INGB" + _digits(draw, 10))))
    check = 98 - int("".join(str(int(sign, 36)) for sign in account + country + "00")) % 97
    iban = f"{country}{check:02}{account}"
    grouped = " ".join(iban[at:at + 4] for at in range(0, len(iban), 4))
    return draw.choice((iban, grouped, iban.lower()))


def _card(draw: random.Random, _: str) -> str:
    digits = draw.choice("45") + _digits(draw, 14)
    doubled = [int(digit) * (1 if at % 2 else 2) for at, digit in enumerate(digits)]
    digits += str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
    sign = draw.choice((" ", "-", ""))
    return sign.join(digits[at:at + 4] for at in range(0, 16, 4))


def _email(draw: random.Random, author: str) -> str:
    local = author.lower().replace(" ", draw.choice((".", "_", ""))).replace("'", "")
    return f"{local}{draw.choice(('', _digits(draw, 2)))}@{draw.choice(MAIL_HOSTS)}"


def _order(draw: random.Random, *forms: str) -> str:
    return draw.choice(forms).format(_digits(draw, 4), _digits(draw, 5))


def _birth(draw: random.Random, english: bool) -> str:
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1940, 2004)
    names = ("January February March April May June July August September October November December"
             if english else "Januar Februar März April Mai Juni Juli August September Oktober "
             "November Dezember").split()
    forms = ((f"{month}/{day}/{year}", f"{names[month - 1]} {day}, {year}",
              f"{day} {names[month - 1]} {year}")
             if english else (f"{day:02}.{month:02}.{year}", f"{day}. {names[month - 1]} {year}",
                              f"{day}.{month}.{year % 100:02}"))
    return draw.choice(forms)


def _address_de(draw: random.Random, _: str) -> str:
    street = f"{draw.choice(STREETS)} {draw.randint(1, 180)}{draw.choice(('', '', 'a', ' b'))}"
    return draw.choice((street, f"{street}, {_digits(draw, 5)} {draw.choice(CITIES)}",
                        f"{street} in {draw.choice(CITIES[:4])}"))


def _address_en(draw: random.Random, _: str) -> str:
    street = (f"{draw.randint(1, 4000)} "
              f"{draw.choice(('Maple', 'Old Mill', 'Wellington', 'N. 5th'))} "
              f"{draw.choice(('Street', 'Ave', 'Road', 'Lane', 'Blvd'))}")
    return draw.choice((street, f"{street}, Apt 4B", f"{street}, Dayton, OH {_digits(draw, 5)}"))


def _handle(draw: random.Random, author: str) -> str:
    given, _, surname = author.lower().replace("'", "").replace("-", "").partition(" ")
    return draw.choice((f"{given}_{surname[:4]}", f"{surname}{_digits(draw, 2)}",
                        f"the_real_{given}"))


def _url(draw: random.Random, author: str) -> str:
    handle = _handle(draw, author)
    return draw.choice((f"https://www.facebook.com/{handle}", f"www.instagram.com/{handle}/",
                        f"https://shop.example/konto/{handle}", f"https://shop.example/a?email={handle}%40gmx.de"))


_FIELDS: dict[str, tuple[str, Callable[[random.Random, str], str]]] = {
    "name": ("NAME", lambda draw, author: author),
    "given": ("NAME", lambda draw, author: author.split()[0]),
    "surname": ("NAME", lambda draw, author: author.split()[1]),
    "name_lower": ("NAME", lambda draw, author: author.lower()),
    "surname_lower": ("NAME", lambda draw, author: author.split()[1].lower()),
    "surname_en_lower": ("NAME", lambda draw, author: author.split()[1].lower()),
    "name_en": ("NAME", lambda draw, author: author),
    "given_en": ("NAME", lambda draw, author: author.split()[0]),
    "surname_en": ("NAME", lambda draw, author: author.split()[1]),
    "email": ("EMAIL", _email),
    "phone_de": ("PHONE", _phone_de),
    "phone_en": ("PHONE", _phone_en),
    "iban": ("IBAN", _iban),
    "card": ("CARD", _card),
    "order_de": ("ORDER_NUMBER", lambda draw, _: _order(draw, "{0}{1}", "#{1}", "B-{1}",
    "ORD-2024-{0}")),
    "order_en": ("ORDER_NUMBER", lambda draw, _: _order(draw, "#{0}{1}", "{0}-{1}", "ORD-{1}")),
    "customer": ("CUSTOMER_NUMBER", lambda draw, _: _order(draw, "{0}{0}", "K{1}", "{1}",
    "10-{1}")),
    "invoice": ("INVOICE_NUMBER", lambda draw, _: _order(draw, "RE-{1}", "2024/{1}", "{0}{1}")),
    "ticket": ("REFERENCE_NUMBER", lambda draw, _: _order(draw, "{0}{1}", "#{1}", "T-{1}")),
    "plate": ("PLATE", lambda draw, _: f"{draw.choice(DISTRICTS)}-{draw.choice(('A', 'XY', 'KL'))} "
                                       f"{draw.randint(1, 9999)}{draw.choice(('', '', 'E'))}"),
    "plate_en": ("PLATE", lambda draw, _: f"{draw.choice(('AB', 'LK'))}{_digits(draw, 2)} "
                                          f"{draw.choice(('XYZ', 'KLM'))}"),
    "address_de": ("ADDRESS", _address_de),
    "address_en": ("ADDRESS", _address_en),
    "birth_de": ("BIRTH_DATE", lambda draw, _: _birth(draw, False)),
    "birth_en": ("BIRTH_DATE", lambda draw, _: _birth(draw, True)),
    "handle": ("HANDLE", lambda draw, author: "@" + _handle(draw, author)),
    "handle_plain": ("HANDLE", _handle),
    "url": ("URL", _url),
}
