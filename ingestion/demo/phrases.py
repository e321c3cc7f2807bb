"""What the demo company's customers say, as plain data.

Every clause is a main clause in mid-sentence form, so that any two can be joined. The wording is
written for the demo and shared with no word list or rule of the product; `content_phrases` hands
it to the test that compares. How clauses become texts is `texts.py`.

Slots: `{der}`, `{einen}`, `{den}` (`{the}`, `{a}`) a product with its article, `{item}` without,
`{n}` a small number, `{wd}` a weekday, `{min}` minutes, `{eur}` an amount, `{city}` a town,
`{zeit}` a moment in the past.
"""

from __future__ import annotations

# topic -> department that has to act on it
DEPARTMENTS: dict[str, str] = {
    "delivery": "logistics",
    "product_quality": "purchasing",
    "staff": "customer_service",
    "price": "marketing",
    "website": "ecommerce",
    "app": "it",
    "returns": "logistics",
    "billing": "finance",
    "store": "store_operations",
    "subscription": "subscriptions",
}
TOPICS: tuple[str, ...] = tuple(DEPARTMENTS)

# language -> topic -> kind -> clauses. Kinds: positive, negative, their negated forms (the
# polarity comes from a negation), sarcastic (praise that is none), neutral.
CLAUSES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "de": {
        "delivery": {
            "positive": (
                "das Paket lag schon nach {n} Tagen vor der Tür",
                "der Fahrer hat {den} bis in den dritten Stock getragen",
                "die Sendung war einen ganzen Tag früher da als angekündigt",
                "ich konnte jederzeit sehen, wo mein Paket gerade ist",
                "alles kam sauber verpackt und pünktlich am {wd} an",
            ),
            "positive_negated": (
                "ich musste keine Minute auf den Paketboten warten",
                "die Zustellung lief genau so, wie sie sollte",
            ),
            "negative": (
                "die Lieferung kam {n} Tage später als zugesagt",
                "mein Paket steht seit {wd} unverändert auf „in Zustellung“",
                "der Karton war aufgerissen und {der} lag lose darin",
                "der Bote hat das Paket bei einem Nachbarn abgegeben, den ich gar nicht kenne",
                "der Liefertermin wurde {n}mal verschoben",
                "ich habe mir extra freigenommen und stand dann umsonst zu Hause",
                "das Paket ging an meine alte Adresse",
            ),
            "negative_negated": (
                "{der} ist bis heute nicht bei mir angekommen",
                "am {wd} hat niemand geklingelt, obwohl ich zu Hause war",
                "eine Benachrichtigung über die Verspätung habe ich nie bekommen",
            ),
            "sarcastic": (
                "{n} Wochen für ein einziges Paket, zu Fuß wäre es schneller gegangen",
                "toll, jetzt kennt mein Paket jedes Verteilzentrum der Republik",
            ),
            "neutral": (
                "die Lieferung kam am {wd} um die Mittagszeit",
                "das Paket wurde in der Packstation abgelegt",
            ),
        },
        "product_quality": {
            "positive": (
                "{der} läuft seit {n} Wochen ohne jeden Aussetzer",
                "die Verarbeitung wirkt richtig wertig",
                "{der} tut genau das, was auf der Packung steht",
                "die ganze Familie will {den} nicht mehr hergeben",
                "man merkt bei jedem Handgriff, dass hier mitgedacht wurde",
            ),
            "positive_negated": (
                "an der Qualität habe ich keinen Makel gefunden",
                "bis jetzt wackelt und klappert nichts",
            ),
            "negative": (
                "{der} lief nach {n} Tagen keinen Meter mehr",
                "an der Unterseite blättert schon die Farbe ab",
                "{der} riecht auch nach Tagen noch stechend nach Plastik",
                "beim Aufbau fehlten {n} Schrauben",
                "eine Naht war gleich beim Auspacken offen",
                "{der} brummt so laut, dass man sein eigenes Wort kaum versteht",
                "das Material fühlt sich deutlich dünner an als auf den Fotos",
            ),
            "negative_negated": (
                "{der} lässt sich seit {wd} nicht mehr einschalten",
                "die Maße passen nicht zu dem, was in der Beschreibung steht",
                "von der versprochenen Haltbarkeit ist nichts zu spüren",
            ),
            "sarcastic": (
                "{n} Tage Lebensdauer, so etwas nennt man wohl Wegwerfware mit Stil",
                "super, jetzt habe ich einen sehr teuren Briefbeschwerer",
            ),
            "neutral": (
                "{der} ist etwas größer als gedacht",
                "die Farbe ist ein Ton heller als auf dem Bild",
            ),
        },
        "staff": {
            "positive": (
                "die Dame an der Hotline hat sich richtig Zeit genommen",
                "der Berater wusste auf jede Frage eine Antwort",
                "mein Anliegen war nach einem einzigen Anruf erledigt",
                "man hat mich wie versprochen am {wd} zurückgerufen",
                "der Kollege im Chat hat in {n} Minuten eine Lösung gefunden",
            ),
            "positive_negated": (
                "niemand hat mich abgewimmelt",
                "ich musste mein Problem nicht zweimal erklären",
            ),
            "negative": (
                "ich hing {min} Minuten in der Warteschleife",
                "der Mitarbeiter am Telefon ist mir ständig ins Wort gefallen",
                "jeder am Telefon erzählt mir etwas anderes",
                "auf meine E-Mail kam nur ein Textbaustein zurück",
                "der Chat hat mich im Kreis geschickt und dann aufgelegt",
                "ich musste {n} Leuten dieselbe Geschichte erzählen",
            ),
            "negative_negated": (
                "auf meine Nachricht vom {wd} hat bis jetzt keiner reagiert",
                "der versprochene Rückruf ist nie gekommen",
                "zuständig fühlte sich dort niemand",
            ),
            "sarcastic": (
                "die Warteschleifenmusik kann ich nach {min} Minuten immerhin auswendig",
                "ein Lob an den Chatbot, so konsequent hat mich noch keiner missverstanden",
            ),
            "neutral": (
                "ich habe am {wd} mit der Hotline gesprochen",
                "mein Anruf wurde an die Fachabteilung weitergegeben",
            ),
        },
        "price": {
            "positive": (
                "für {eur} Euro bekommt man hier erstaunlich viel",
                "mit dem Gutschein war {der} ein echtes Schnäppchen",
                "im Vergleich mit drei anderen Läden war das hier am günstigsten",
                "der Preis passt zu dem, was man bekommt",
            ),
            "positive_negated": (
                "den Kauf habe ich bei dem Preis keine Sekunde bereut",
                "versteckte Kosten gab es nicht",
            ),
            "negative": (
                "{der} kostet woanders {eur} Euro weniger",
                "zwei Tage nach meinem Kauf war {der} plötzlich {eur} Euro billiger",
                "die Versandkosten fressen den ganzen Rabatt wieder auf",
                "seit dem Frühjahr sind die Preise hier kräftig gestiegen",
                "{eur} Euro sind für das Gebotene schlicht überzogen",
            ),
            "negative_negated": (
                "der Rabattcode wurde an der Kasse nicht angenommen",
                "{der} ist seinen Preis nicht wert",
                "von dem Aktionspreis im Prospekt wollte an der Kasse keiner etwas wissen",
            ),
            "sarcastic": (
                "{eur} Euro Versand, wurde das Paket in der Sänfte getragen?",
                "danke für den Rabatt von sage und schreibe {n} Cent",
            ),
            "neutral": (
                "ich habe insgesamt {eur} Euro bezahlt",
                "der Preis liegt ungefähr auf dem Niveau der anderen",
            ),
        },
        "website": {
            "positive": (
                "im Onlineshop habe ich {den} nach zwei Klicks gefunden",
                "die Filter im Shop sind klug gemacht",
                "der Bestellvorgang war in {n} Minuten erledigt",
                "auf den Fotos im Shop erkennt man jedes Detail",
            ),
            "positive_negated": (
                "beim Bestellen bin ich nirgends hängen geblieben",
                "die Seite fragt einem keine Löcher in den Bauch",
            ),
            "negative": (
                "der Warenkorb war nach dem Anmelden auf einmal leer",
                "die Seite braucht auf dem Handy eine halbe Ewigkeit zum Laden",
                "die Suche spuckt bei „{item}“ lauter Unsinn aus",
                "der Bezahlvorgang ist {n}mal abgebrochen",
                "im Shop stand „sofort lieferbar“, was schlicht gelogen war",
                "das Kontaktformular versteckt sich hinter {n} Untermenüs",
            ),
            "negative_negated": (
                "mein Passwort lässt sich seit {wd} nicht zurücksetzen",
                "der Filter nach Größe greift überhaupt nicht",
                "ohne neues Kundenkonto kommt man an der Kasse nicht weiter",
            ),
            "sarcastic": (
                "die Ladebalken auf der Seite sind hübsch animiert, man sieht sie ja lange genug",
                "herzlichen Glückwunsch zum neuen Shop, den alten fand man wenigstens",
            ),
            "neutral": (
                "ich habe {den} über die Webseite bestellt",
                "die Seite sieht seit dem Umbau anders aus",
            ),
        },
        "app": {
            "positive": (
                "mit der App habe ich {den} in der Mittagspause nachbestellt",
                "die App zeigt mir alle Kassenbons auf einen Blick",
                "seit dem letzten Update startet die App blitzschnell",
                "die digitale Kundenkarte in der App nutze ich bei jedem Einkauf",
            ),
            "positive_negated": (
                "die App ist mir noch kein einziges Mal abgestürzt",
                "ich brauche keine Plastikkarte mehr",
            ),
            "negative": (
                "die App stürzt beim Öffnen sofort ab",
                "seit dem Update dreht sich in der App nur noch der Kreis",
                "die App meldet mich alle {n} Minuten wieder ab",
                "meine Punkte sind aus der App verschwunden",
                "in der App bleibt der Bildschirm nach dem Bezahlen weiß",
                "die App schickt mir mitten in der Nacht Werbung aufs Handy",
            ),
            "negative_negated": (
                "ich komme seit {wd} nicht mehr in mein Konto in der App",
                "die App findet meine Bestellungen nicht mehr",
                "der Gutschein lässt sich in der App nicht einlösen",
            ),
            "sarcastic": (
                "die App kann jetzt auch Standbild, großartige Neuerung",
                "Fehlermeldung Nummer {n} an einem Abend, ich sammle sie inzwischen",
            ),
            "neutral": (
                "ich benutze die App seit {n} Monaten",
                "in der App steht die Bestellung auf „in Bearbeitung“",
            ),
        },
        "returns": {
            "positive": (
                "das Geld für die Rücksendung war nach {n} Tagen wieder auf dem Konto",
                "der Umtausch lief ganz unkompliziert",
                "das Rücksendeetikett lag gleich im Karton",
                "für {den} bekam ich anstandslos Ersatz",
            ),
            "positive_negated": (
                "bei der Rückgabe hat niemand dumme Fragen gestellt",
                "für die Rücksendung musste ich keinen Cent zahlen",
            ),
            "negative": (
                "ich warte seit {n} Wochen auf mein Geld aus der Rücksendung",
                "mein Umtausch wurde am {wd} ohne Begründung abgelehnt",
                "das Rücksendeetikett musste ich {n}mal anfordern",
                "für die Rücksendung sollte ich {eur} Euro Porto zahlen",
                "als Ersatz kam genau dasselbe kaputte Teil zurück",
            ),
            "negative_negated": (
                "meine Rücksendung will dort keiner erhalten haben",
                "die Gutschrift ist immer noch nicht gebucht",
                "ein Rücksendeschein lag nicht bei",
            ),
            "sarcastic": (
                "mein Geld macht offenbar noch {n} Wochen Urlaub bei Ihnen",
                "das Rückgabeformular hat mehr Seiten als meine Steuererklärung",
            ),
            "neutral": (
                "ich habe {den} am {wd} zurückgeschickt",
                "die Rücksendung ist laut Beleg eingegangen",
            ),
        },
        "billing": {
            "positive": (
                "die Rechnung war sofort per Mail da",
                "der falsche Betrag wurde innerhalb von {n} Tagen berichtigt",
                "der Kauf auf Rechnung hat beim ersten Versuch geklappt",
            ),
            "positive_negated": (
                "bei der Abrechnung gab es noch nie Unstimmigkeiten",
                "der Ratenkauf hat mich keinen Cent extra gekostet",
            ),
            "negative": (
                "{eur} Euro wurden doppelt von meinem Konto abgebucht",
                "auf der Rechnung steht ein völlig anderer Betrag als in der Bestellung",
                "trotz Zahlung am {wd} kam eine Mahnung",
                "mein Gutschein über {eur} Euro wurde einfach verschluckt",
                "die Mahngebühr von {eur} Euro ist eine Frechheit",
            ),
            "negative_negated": (
                "eine ordentliche Rechnung habe ich bis heute nicht erhalten",
                "meine Überweisung wird seit {n} Wochen nicht zugeordnet",
                "die Umsatzsteuer ist auf dem Beleg nicht ausgewiesen",
            ),
            "sarcastic": (
                "schön, dass Mahnungen bei Ihnen so pünktlich ankommen, anders als die Ware",
                "doppelt abbuchen hält wohl besser",
            ),
            "neutral": (
                "die Rechnung über {eur} Euro habe ich überwiesen",
                "die Firmenadresse auf der Rechnung hat sich geändert",
            ),
        },
        "store": {
            "positive": (
                "in der Filiale in {city} findet man sich sofort zurecht",
                "der Laden in {city} ist hell, aufgeräumt und gut sortiert",
                "an der Kasse ging es trotz Andrang zügig voran",
                "die Beratung vor Ort hat mir den Fehlkauf erspart",
            ),
            "positive_negated": (
                "in {city} musste ich nie lange nach Personal suchen",
                "an der Kasse gab es kein Gedränge",
            ),
            "negative": (
                "in der Filiale in {city} stand ich {min} Minuten an der Kasse",
                "die Regale in {city} waren halb leer",
                "in der Ausstellung stapeln sich Kartons mitten im Gang",
                "die Verkäuferin hat lieber aufs Handy geschaut, als mir zu helfen",
                "die bestellte Abholung lag in {city} noch gar nicht bereit",
            ),
            "negative_negated": (
                "im ganzen Laden war kein Verkäufer aufzutreiben",
                "das Prospektangebot gab es in {city} nicht mehr",
                "Parkplätze sucht man dort samstags vergebens",
            ),
            "sarcastic": (
                "wer gern ansteht, ist in {city} goldrichtig",
                "die Suche nach einem Verkäufer taugt als Schnitzeljagd für Kindergeburtstage",
            ),
            "neutral": (
                "ich war am {wd} in der Filiale in {city}",
                "die Öffnungszeiten in {city} haben sich geändert",
            ),
        },
        "subscription": {
            "positive": (
                "das Abo erspart mir jeden Monat einen Weg",
                "die Abolieferung liegt immer pünktlich zum Monatsanfang im Kasten",
                "das Abo konnte ich für den Urlaub mit einem Klick aussetzen",
            ),
            "positive_negated": (
                "das Abo möchte ich nicht mehr missen",
                "seit dem Abo ist der Vorrat immer da",
            ),
            "negative": (
                "meine Kündigung des Abos wird seit {n} Wochen ignoriert",
                "das Abo wurde ohne Vorwarnung um {eur} Euro teurer",
                "die Abolieferung kam diesen Monat doppelt",
                "das Abo hat sich klammheimlich um ein Jahr verlängert",
            ),
            "negative_negated": (
                "das Abo lässt sich online nicht kündigen",
                "die Abolieferung für diesen Monat blieb aus",
                "von einer Mindestlaufzeit war beim Abschluss keine Rede",
            ),
            "sarcastic": (
                "das Abo ist wie ein Ohrwurm, man wird es einfach nicht los",
                "Respekt, den Kündigungsknopf so gut zu verstecken muss man erst einmal schaffen",
            ),
            "neutral": (
                "ich habe das Abo seit {n} Monaten",
                "das Abo läuft über das Konto meiner Frau",
            ),
        },
    },
    "en": {
        "delivery": {
            "positive": (
                "the parcel was on my doorstep within {n} days",
                "the driver carried {the} up three flights of stairs",
                "everything turned up a day ahead of schedule",
                "I could follow my parcel every step of the way",
            ),
            "positive_negated": (
                "I did not have to wait in for the courier at all",
                "there was nothing to complain about with the delivery",
            ),
            "negative": (
                "the parcel showed up {n} days after the promised date",
                "the box was torn open and {the} was rattling around inside",
                "tracking has been stuck on the same depot since {wd}",
                "the courier left it with a neighbour I have never met",
                "my delivery slot was moved {n} times",
            ),
            "negative_negated": (
                "{the} has still not arrived",
                "nobody rang the bell although I was home all {wd}",
            ),
            "sarcastic": (
                "{n} weeks for one box, a snail with a rucksack would have beaten that",
                "lovely, my parcel has now seen more of Germany than I have",
            ),
            "neutral": ("the parcel came on {wd} around noon",),
        },
        "product_quality": {
            "positive": (
                "{the} has been running for {n} weeks without a hiccup",
                "the finish feels really solid",
                "{the} does exactly what it says on the box",
                "my whole family keeps fighting over {the}",
            ),
            "positive_negated": (
                "I cannot fault the build quality",
                "nothing wobbles or rattles so far",
            ),
            "negative": (
                "{the} packed up after {n} days",
                "the paint is already flaking off the bottom",
                "the colour rubs off on everything it touches",
                "{n} screws were missing from the kit",
                "{the} smells of burnt plastic whenever I use it",
                "the fabric is far thinner than in the pictures",
            ),
            "negative_negated": (
                "{the} has not switched on since {wd}",
                "the measurements do not match the description",
            ),
            "sarcastic": (
                "great, I now own a very expensive paperweight",
                "it lasted {n} whole days, a new house record",
            ),
            "neutral": ("{the} is slightly larger than I had pictured",),
        },
        "staff": {
            "positive": (
                "the lady on the phone took all the time in the world",
                "the adviser had an answer to every question",
                "one call was enough to sort it out",
                "they rang me back on {wd}, just as they had said",
            ),
            "positive_negated": (
                "nobody tried to fob me off",
                "I did not have to explain myself twice",
            ),
            "negative": (
                "I was on hold for {min} minutes",
                "the agent kept talking over me",
                "every person I speak to tells me something different",
                "all I got was a canned reply",
                "I had to tell the same story to {n} people",
            ),
            "negative_negated": (
                "nobody has replied to my message from {wd}",
                "the call back they promised never came",
            ),
            "sarcastic": (
                "at least I can whistle the hold music after {min} minutes",
                "hats off to the chatbot, it misread me with real dedication",
            ),
            "neutral": ("I spoke to the hotline on {wd}",),
        },
        "price": {
            "positive": (
                "you get a surprising amount for {eur} euros",
                "with the voucher {the} was a steal",
                "I checked three other shops and this was the cheapest",
            ),
            "positive_negated": (
                "I have not regretted spending the money for a second",
                "there were no hidden fees",
            ),
            "negative": (
                "{the} sells for {eur} euros less elsewhere",
                "two days after I ordered, {the} dropped by {eur} euros",
                "shipping eats up the whole discount",
                "{eur} euros is simply too steep for what you get",
            ),
            "negative_negated": (
                "the discount code was not accepted at checkout",
                "{the} is not worth what they charge",
            ),
            "sarcastic": (
                "{eur} euros for shipping, did it travel first class?",
                "thanks for the whopping discount of {n} cents",
            ),
            "neutral": ("I paid {eur} euros in total",),
        },
        "website": {
            "positive": (
                "I found {the} in the online shop in two clicks",
                "the whole order took me {n} minutes",
                "the photos in the shop show every detail",
            ),
            "positive_negated": (
                "I never got stuck while ordering",
                "the site does not pester you with questions",
            ),
            "negative": (
                "my basket was empty as soon as I logged in",
                "the page takes ages to load on my phone",
                "the payment step fell over {n} times",
                "the shop said in stock, which was plainly untrue",
            ),
            "negative_negated": (
                "I have not been able to reset my password since {wd}",
                "the size filter does not do anything",
            ),
            "sarcastic": (
                "your loading spinner is gorgeous, I got to admire it for a long time",
                "congratulations on the new shop, at least one could find the old one",
            ),
            "neutral": ("I ordered {the} through the website",),
        },
        "app": {
            "positive": (
                "I reordered {the} in the app during my lunch break",
                "the app keeps all my receipts in one place",
                "the app has been lightning fast since the update",
            ),
            "positive_negated": (
                "the app has not crashed on me once",
                "I no longer need to carry the plastic card",
            ),
            "negative": (
                "the app crashes the moment I open it",
                "the app logs me out every {n} minutes",
                "my points have vanished from the app",
                "all I see in the app after paying is a white screen",
            ),
            "negative_negated": (
                "I have not been able to log in to the app since {wd}",
                "the app no longer finds my orders",
            ),
            "sarcastic": (
                "the app now doubles as a still photograph, what an innovation",
                "error message number {n} tonight, I have started a collection",
            ),
            "neutral": ("I have had the app for {n} months",),
        },
        "returns": {
            "positive": (
                "the refund was back in my account after {n} days",
                "swapping {the} was completely painless",
                "the return label was already in the box",
            ),
            "positive_negated": (
                "nobody asked silly questions when I brought it back",
                "I did not pay a cent for the return",
            ),
            "negative": (
                "I have been chasing my refund for {n} weeks",
                "they wanted {eur} euros postage for the return",
                "the replacement had exactly the same defect",
                "I had to ask for the return label {n} times",
            ),
            "negative_negated": (
                "nobody there admits to having received my return",
                "the refund has still not been booked",
            ),
            "sarcastic": (
                "my money is apparently enjoying {n} more weeks of holiday with you",
                "the return form is longer than my tax return",
            ),
            "neutral": ("I sent {the} back on {wd}",),
        },
        "billing": {
            "positive": (
                "the invoice landed in my inbox right away",
                "the wrong amount was put right within {n} days",
            ),
            "positive_negated": (
                "there has never been a slip in my invoices",
                "paying in instalments did not cost me a cent extra",
            ),
            "negative": (
                "{eur} euros were taken from my account twice",
                "the invoice shows a different total from the order",
                "I got a payment reminder although I had paid on {wd}",
                "my voucher for {eur} euros was swallowed",
            ),
            "negative_negated": (
                "I still have not been sent a proper invoice",
                "my transfer has not been matched for {n} weeks",
            ),
            "sarcastic": (
                "nice to see that your reminders arrive on time, unlike the goods",
                "charging twice is presumably meant to be on the safe side",
            ),
            "neutral": ("I have transferred the {eur} euros",),
        },
        "store": {
            "positive": (
                "the branch in {city} is bright, tidy and well stocked",
                "the queue in {city} moved along nicely",
                "the advice in the shop saved me from buying the wrong thing",
            ),
            "positive_negated": (
                "I never had to look for an assistant in {city}",
                "there was no crush at the till",
            ),
            "negative": (
                "I queued for {min} minutes at the till in {city}",
                "half the shelves in {city} were bare",
                "boxes were piled up in the middle of the aisle",
                "my click and collect order was nowhere to be found in {city}",
            ),
            "negative_negated": (
                "there was not a single assistant in the whole shop",
                "the offer from the leaflet was no longer available in {city}",
            ),
            "sarcastic": (
                "if you like queuing, {city} is paradise",
                "hunting for an assistant would make a nice game for birthday parties",
            ),
            "neutral": ("I was at the branch in {city} on {wd}",),
        },
        "subscription": {
            "positive": (
                "the subscription saves me a trip every month",
                "pausing the subscription over the holidays took one click",
            ),
            "positive_negated": (
                "I would not want to be without the subscription",
                "with the subscription we never run out any more",
            ),
            "negative": (
                "my cancellation has been ignored for {n} weeks",
                "the subscription went up by {eur} euros without any warning",
                "this month's box came twice",
            ),
            "negative_negated": (
                "the subscription cannot be cancelled online",
                "this month's box never came",
            ),
            "sarcastic": (
                "the subscription is like a catchy tune, there is no getting rid of it",
                "well done for hiding the cancel button that thoroughly",
            ),
            "neutral": ("I have had the subscription for {n} months",),
        },
    },
}

# Clauses that suit only some kinds of product (`company.NOUN_KINDS`); all others suit every kind.
CLAUSE_KINDS: dict[str, tuple[str, ...]] = {
    "{der} läuft seit {n} Wochen ohne jeden Aussetzer": ("electric",),
    "{der} lief nach {n} Tagen keinen Meter mehr": ("electric",),
    "{der} brummt so laut, dass man sein eigenes Wort kaum versteht": ("electric",),
    "{der} lässt sich seit {wd} nicht mehr einschalten": ("electric",),
    "super, jetzt habe ich einen sehr teuren Briefbeschwerer": ("electric", "ware"),
    "bis jetzt wackelt und klappert nichts": ("electric", "assembled", "ware"),
    "an der Unterseite blättert schon die Farbe ab": ("electric", "assembled", "ware"),
    "beim Aufbau fehlten {n} Schrauben": ("assembled",),
    "eine Naht war gleich beim Auspacken offen": ("textile",),
    "{the} has been running for {n} weeks without a hiccup": ("electric",),
    "{the} packed up after {n} days": ("electric",),
    "{the} smells of burnt plastic whenever I use it": ("electric",),
    "{the} has not switched on since {wd}": ("electric",),
    "great, I now own a very expensive paperweight": ("electric", "ware"),
    "nothing wobbles or rattles so far": ("electric", "assembled", "ware"),
    "the paint is already flaking off the bottom": ("electric", "assembled", "ware"),
    "{n} screws were missing from the kit": ("assembled",),
    "the fabric is far thinner than in the pictures": ("textile",),
}

# Words set before a short text. None of them changes the word order of the clause that follows.
LEADS: dict[str, tuple[str, ...]] = {
    "de": (
        "", "Kurz gesagt: ", "Nur so viel: ", "Fazit: ", "Mein Eindruck: ", "Zur Info: ",
        "Tja, ", "Ganz ehrlich: ", "Was mir auffiel: ", "Hm, ", "Unterm Strich: ", "Nachtrag: ",
        "In Kürze: ", "Rückmeldung zum letzten Einkauf: ", "Für mich zählt: ", "Also: ",
    ),
    "en": (
        "", "In short: ", "Quick note: ", "To sum up, ", "My impression: ", "For the record, ",
        "Well, ", "To be frank, ", "One thing: ", "Hm, ", "Bottom line: ", "Update: ",
    ),
}

# Whole sentences that set the scene.
OPENERS: dict[str, tuple[str, ...]] = {
    "de": (
        "Habe {zeit} {einen} bestellt.", "Ich kaufe seit {n} Jahren bei Falkenhof ein.",
        "Bin über eine Freundin aus {city} auf Falkenhof gekommen.",
        "Ich habe {zeit} {einen} gekauft.", "Es ging um {den} aus dem letzten Prospekt.",
        "Bisher kannte ich nur die Filiale in {city}.", "Ich wohne in {city} und bestelle öfter.",
        "Meine Schwester hat mir Falkenhof empfohlen.",
        "Es war Bestellung Nummer {n} bei Falkenhof.",
        "{zeit} habe ich {einen} als Geschenk ausgesucht.", "Ich schreibe sonst nie Bewertungen.",
        "Gekauft habe ich {den} für die neue Wohnung in {city}.",
        "Wir haben zu Hause inzwischen {n} Sachen von Falkenhof.",
        "Eigentlich wollte ich {den} nur mal ausprobieren.",
        "Kurz zu meinem Einkauf vom {wd}.", "Bestellt wurde {zeit}.",
    ),
    "en": (
        "I ordered {a} {zeit}.", "I have been shopping at Falkenhof for {n} years.",
        "A friend from {city} told me about Falkenhof.", "I bought {a} {zeit}.",
        "This is about {the} from the last leaflet.", "So far I only knew the branch in {city}.",
        "We moved to {city} {zeit}.", "I hardly ever write reviews.",
        "{the} was meant as a birthday present.", "A few words on my order from {wd}.",
        "We now have {n} things from Falkenhof at home.", "This was order number {n} for me.",
    ),
}

CLOSERS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "positive": (
            "Bis zum nächsten Mal.", "Danke an das Team!", "Ich komme auf jeden Fall wieder.",
            "Kann ich so unterschreiben.", "Macht das bitte genau so.",
            "Meinen Nachbarn habe ich schon davon erzählt.",
            "So macht Einkaufen Freude.", "Der nächste Einkauf ist schon geplant.",
            "Dafür ein Extrasternchen von mir.", "Grüße aus {city}.",
            "Da können sich andere eine Scheibe abschneiden.",
        ),
        "negative": (
            "So verliert man Kunden.", "Das war mein letzter Einkauf hier.",
            "Dafür fehlt mir jedes Verständnis.", "Beim nächsten Mal gehe ich woandershin.",
            "Ich bin wirklich bedient.", "Das geht so nicht.", "Schade um die Zeit.",
            "Meinen Bekannten in {city} rate ich davon ab.", "Muss das sein?",
            "Früher war das hier anders.", "Ich überlege, {den} zurückzugeben.",
        ),
        "neutral": (
            "Mal sehen, wie es weitergeht.", "Mehr kann ich dazu nicht sagen.",
            "Ich warte noch ab.", "Das nur als Rückmeldung.", "Viele Grüße aus {city}.",
            "Ein Urteil traue ich mir noch nicht zu.",
        ),
    },
    "en": {
        "positive": (
            "Will be back.", "Thanks to the whole team!", "Thumbs up.", "Keep it up!",
            "I have already told my neighbours.", "That is how shopping should be.",
            "My next order is already planned.", "Greetings from {city}.",
        ),
        "negative": (
            "That is how you lose customers.", "I will not be ordering here again.",
            "I have run out of patience.", "Next time I will go elsewhere.", "What a shame.",
            "It used to be different here.", "I am telling my friends in {city} to stay away.",
            "Does it have to be like this?",
        ),
        "neutral": (
            "Let us see how it goes.", "That is all I can say for now.", "Just as feedback.",
            "I will wait and see.", "Regards from {city}.",
        ),
    },
}

# Clause joined to another of the opposite polarity (contrast) or of the same one.
BUT: dict[str, tuple[str, ...]] = {
    "de": (", aber ", ", doch ", " – aber "),
    "en": (", but ", ", yet ", " – but "),
}
AND: dict[str, tuple[str, ...]] = {
    "de": (" und ", "; ", ". Dazu kommt: ", ". "),
    "en": (" and ", "; ", ". On top of that, ", ". "),
}
ENDINGS: tuple[str, ...] = (".", ".", ".", "!", "", "...", "!!", ".")

# Service requests: greeting, request and signature around the clause.
GREETINGS: dict[str, tuple[str, ...]] = {
    "de": ("Guten Tag, ", "Hallo, ", "Sehr geehrte Damen und Herren, ", "Hallo zusammen, ", "",
           "Guten Morgen, ", "Moin, ", "Guten Abend, ", "Liebes Serviceteam, ", "Grüß Gott, "),
    "en": ("Hello, ", "Dear team, ", "Hi there, ", "Good morning, ", "",
           "Good evening, ", "To whom it may concern, "),
}
REQUESTS: dict[str, tuple[str, ...]] = {
    "de": (
        "Bitte melden Sie sich bis {wd}.", "Wann kann ich mit einer Lösung rechnen?",
        "Es geht um {den}.", "Was muss ich jetzt tun?", "Ich bitte um kurze Rückmeldung.",
        "Können Sie das bitte prüfen?", "Ich habe schon {n}mal geschrieben.",
        "Bitte rufen Sie mich nach 17 Uhr an.", "Die Bestellung ist vom {wd}.",
        "Gekauft habe ich {den} in {city}.", "Die Bestellnummer endet auf {min}{eur}.",
        "Der Kauf war {zeit}.", "Ich bin ab {wd} verreist.",
    ),
    "en": (
        "Please get back to me by {wd}.", "When can I expect a solution?",
        "This is about {the}.", "What do I have to do now?", "Could you please look into it?",
        "I have already written {n} times.", "Please call me after 5 pm.",
        "The order number ends in {min}{eur}.", "I bought it {zeit}.",
        "I will be away from {wd}.",
    ),
}
REPLIES: dict[str, tuple[str, ...]] = {
    "de": (
        "Vielen Dank für Ihre Nachricht. Wir prüfen den Vorgang und melden uns bis {wd}.",
        "Wir haben das an die Fachabteilung gegeben und kommen wieder auf Sie zu.",
        "Guten Tag, der Vorgang ist erledigt, eine Bestätigung geht Ihnen per Post zu.",
        "Danke für die Geduld. Wir schicken Ihnen {den} noch einmal zu.",
        "Wir haben Ihnen {eur} Euro gutgeschrieben.",
        "Können Sie uns bitte ein Foto vom Typenschild schicken?",
        "Der Betrag wird in {n} Werktagen auf Ihrem Konto sein.",
        "Ich habe das für Sie im System geändert.",
    ),
    "en": (
        "Thank you for your message. We are looking into it and will be in touch by {wd}.",
        "I have passed this on to the team in charge.",
        "We have credited {eur} euros to your account.",
        "Could you please send us a photo of the type plate?",
        "The amount will reach your account within {n} working days.",
        "I have changed this in our system for you.",
    ),
}
FOLLOW_UPS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "positive": ("Danke, das hat geholfen.", "Alles klar, jetzt passt es.",
                     "Das ging ja schnell, danke nach {city}."),
        "negative": ("Das hilft mir nicht weiter, ich warte seit {n} Tagen.",
                     "Genau das hat man mir schon am {wd} gesagt.",
                     "So kommen wir nicht zusammen."),
    },
    "en": {
        "positive": ("Thanks, that did the trick.", "All sorted now.", "That was quick, cheers."),
        "negative": ("That does not get me any further, it has been {n} days.",
                     "I was told exactly that on {wd}.", "This is going nowhere."),
    },
}
BOT_REPLIES: dict[str, tuple[str, ...]] = {
    "de": ("Ich bin der digitale Helfer von Falkenhof. Meinen Sie Lieferung, Rechnung oder Abo?",
           "Das habe ich leider nicht verstanden. Ich verbinde Sie mit einem Menschen."),
    "en": ("I am the Falkenhof assistant. Is it about delivery, billing or a subscription?",
           "I did not get that. Let me put you through to a person."),
}
SUBJECTS: dict[str, dict[str, str]] = {
    "de": {
        "delivery": "Paket", "product_quality": "Reklamation", "staff": "Rückruf",
        "price": "Preis", "website": "Onlineshop", "app": "App", "returns": "Rücksendung",
        "billing": "Rechnung", "store": "Filiale", "subscription": "Abo",
    },
    "en": {
        "delivery": "Parcel", "product_quality": "Defective item", "staff": "Call back",
        "price": "Price", "website": "Online shop", "app": "App", "returns": "Return",
        "billing": "Invoice", "store": "Branch", "subscription": "Subscription",
    },
}

# What employees write in their survey, and what researchers note. polarity -> sentences.
EMPLOYEE_SENTENCES: dict[str, tuple[str, ...]] = {
    "positive": (
        "Im Team in {city} hilft jeder jedem.", "Die Schichtplanung ist endlich verlässlich.",
        "Meine Vorgesetzte hat immer ein offenes Ohr.",
        "Die Schulung vor {n} Wochen hat mir viel gebracht.",
    ),
    "negative": (
        "Seit {n} Monaten fehlen uns zwei Leute in der Schicht.",
        "Die Kassensoftware hängt sich am {wd} regelmäßig auf.",
        "Von Entscheidungen erfahren wir in {city} zuletzt.",
        "Für Kundengespräche bleibt kaum noch Zeit.",
    ),
    "neutral": (
        "Wir arbeiten in {city} in zwei Schichten.", "Der Umbau läuft noch {n} Wochen.",
    ),
}
RESEARCH_SENTENCES: tuple[str, ...] = (
    "Teilnehmerin aus {city} sucht zuerst nach Bewertungen, dann nach dem Preis.",
    "Wunsch: {den} vor dem Kauf im Laden ansehen können.",
    "Die Person hat {n} Anläufe gebraucht, um die Filterleiste zu finden.",
    "Zitat: „Ich will wissen, wann das Paket kommt, nicht wo es gerade ist.“",
    "Beobachtung: Der Hinweis auf das Abo wird am {wd} wie an jedem Tag überlesen.",
    "Die Kundenkarte gilt als Platzfresser im Geldbeutel.",
    "Nach {min} Minuten bricht die Person die Registrierung ab.",
)


def content_phrases() -> set[str]:
    """Return every clause that carries sentiment or topic, slots included."""
    phrases = {
        clause
        for topics in CLAUSES.values()
        for kinds in topics.values()
        for clauses in kinds.values()
        for clause in clauses
    }
    for closers in (*CLOSERS.values(), *FOLLOW_UPS.values()):
        phrases.update(sentence for group in closers.values() for sentence in group)
    phrases.update(sentence for group in EMPLOYEE_SENTENCES.values() for sentence in group)
    return phrases
