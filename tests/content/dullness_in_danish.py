"""Danish texts as colleagues share them, labelled by hand before anything was checked."""

from tests.content.dullness_examples import dull, lively

EXAMPLES = [
    dull(
        "Vi er stolte af at kunne præsentere vores nye, markedsledende platform.",
        "press_release", "self_praise", "no_person",
    ),
    dull(
        "Nordlys Energi kan i dag præsentere en banebrydende løsning, der styrker vores position i"
        " Norden. Yderligere information fås hos presseafdelingen.",
        "press_release", "self_praise", "no_person",
    ),
    dull(
        "Omsætningen steg med 12 procent til 4,2 mia. kr., og resultat før skat blev 310 mio. kr.",
        "earnings", "no_person",
    ),
    dull(
        "Rekordregnskab! Årets resultat blev det bedste nogensinde, og EBIT-margin landede på 14.",
        "earnings", "no_person",
    ),
    dull(
        "Det er med stor glæde, at vi kan byde velkommen til et nyt strategisk partnerskab.",
        "press_release", "no_person",
    ),
    dull(
        "Projektet blev gennemført til tiden, og anlægget bliver indviet i juni. Der forventes en"
        " årlig besparelse, og resultaterne præsenteres løbende. Synergierne realiseres.",
        "passive", "no_person", "jargon",
    ),
    dull("https://nordlys.example/nyheder/2031/regnskab", "bare_link"),
    dull("Læs mere her: https://nordlys.example/nyheder", "bare_link"),
    dull(
        "Vi faciliterer synergier på tværs af organisationen og eksekverer proaktivt på vores"
        " roadmap. Det er en vigtig milepæl i vores strategi.",
        "jargon", "press_release",
    ),
    dull(
        "Som førende leverandør af innovative energiløsninger skaber Nordlys værdi for kunder i"
        " hele Europa.",
        "self_praise", "no_person",
    ),
    dull(
        "Koncernens omsætningsvækst fortsatte i tredje kvartal. Indtjeningen før renter opjusteres"
        " til 1,1 mia. kr.",
        "earnings", "no_person",
    ),
    dull(
        "KÆMPE NYHED!!! Vi er stolte over at kunne lancere årets produkt!!! #vind #grøn #energi"
        " #klima #fremtid #innovation #danmark",
        "shouting", "press_release", "hashtag_pile",
    ),
    dull(
        "Efter at bestyrelsen i forlængelse af den i foråret vedtagne strategi havde igangsat en"
        " omfattende gennemgang af koncernens samlede aktiviteter, herunder datterselskaberne i"
        " udlandet, er resultatet nu en tilpasset organisation, som understøtter en holistisk"
        " tilgang til digital transformation.",
        "long_sentences", "hard_words", "jargon", "no_person",
    ),
    dull(
        "Vores prisvindende og verdensførende teknologi er i særklasse.",
        "self_praise", "no_person",
    ),
    dull(
        "Pressemeddelelse: Nordlys Energi udvider i Jylland. Det nye servicecenter er placeret i"
        " Esbjerg og skaber arbejdspladser i regionen.",
        "press_release", "no_person",
    ),
    dull(
        "Adm. direktør i Nordlys Energi glæder sig over resultatet. Væksten styrker vores position"
        " på et marked med stigende efterspørgsel.",
        "press_release",
    ),
    dull(
        "Der arbejdes på at implementere en agil model. Interessenter inddrages, og udfordringerne"
        " håndteres løbende. Den nye struktur besluttes i maj.",
        "passive", "jargon", "no_person",
    ),
    dull(
        "Vi er glade for at kunne offentliggøre halvårsregnskabet. Overskuddet er steget, og"
        " ordrebeholdningen er rekordhøj.",
        "press_release", "earnings", "no_person",
    ),
    lively(
        "Jeg klatrede op i vores højeste mølle i går. Den stod stille, og det var hele pointen."
    ),
    lively(
        "Min makker Fatima fandt fejlen på otte minutter. Jeg havde ledt i to dage. Hvad gør"
        " I?"
    ),
    lively(
        "Da jeg startede som lærling, turde jeg ikke spørge om noget. I dag er det mig, de nye"
        " spørger. Hvem lærte dig dit fag?"
    ),
    lively(
        "Mette ringede klokken fem om morgenen. \"Den kører igen,\" sagde hun. Så græd vi"
        " lidt."
    ),
    lively(
        "Vi tog fejl. Møllen larmede mere, end vi havde lovet naboerne, så nu har vi slukket"
        " den."
    ),
    lively(
        "Hvorfor drejer en mølle nogle gange ikke, selv om det blæser? Jeg spurgte Jonas, som har"
        " passet dem i 20 år: https://nordlys.example/stille"
    ),
    lively("Tre år, fire chefer, én kaffemaskine. I dag siger jeg farvel til holdet på lageret."),
    lively(
        "Du behøver ikke kunne matematik for at blive vindmølletekniker. Du skal kunne lide højder."
        " Og regn. Mest regn."
    ),
    lively("Hvad ville du ønske, nogen havde sagt til dig på din første arbejdsdag?"),
    lively("Yusuf er 19 og svejste sit første tårn alene i onsdags. Hans mor kom og kiggede på."),
    lively(
        "Jeg troede, sikkerhed var papirarbejde. Så faldt jeg. Selen holdt, og jeg skriver det her"
        " med ti fingre."
    ),
    lively("Min datter spurgte, hvad jeg laver. \"Jeg passer på vinden,\" sagde jeg. #vindenergi"),
    lively("Nogen har stillet en plante på min plads. Tak, hvem du end er!"),
    lively("Vi flytter til Odense, og min nye plads har udsigt til et kirsebærtræ."),
    lively(
        "Søren har aldrig haft en sygedag. I dag gik han på pension, og kantinen var helt"
        " stille."
    ),
    lively("Jeg har fejlet til tre eksamener. Den fjerde gang spurgte jeg en kollega om hjælp."),
    lively(
        "Sidste vinter sad vi fire timer på toppen og ventede på vejret. Man når at tale om alt."
        " Hvem ville du sidde fast med?"
    ),
    dull(
        "Vi udvider vores produktportefølje med en ny serie til det professionelle marked.",
        "no_person",
    ),
    dull(
        "Nordlys Energi indgår aftale med Region Syddanmark om levering af grøn varme frem"
        " mod 2035.",
        "no_person",
    ),
    dull(
        "Endnu et stærkt kvartal er i hus. Salget gik frem i alle regioner, og"
        " forventningerne fastholdes.",
        "earnings",
    ),
    dull(
        "Med en unik position i markedet er vi klar til at accelerere den grønne omstilling.",
        "self_praise",
    ),
    dull("Selskabet meddeler, at ny økonomidirektør tiltræder 1. marts.", "press_release"),
    dull(
        "Vi har styrket ledelsesteamet og ser ind i en spændende fremtid med fokus på"
        " eksekvering.",
        "jargon",
    ),
    dull("Hos Nordlys er kvalitet, tillid og bæredygtighed en del af vores DNA.", "self_praise"),
    dull("Stolt sponsor. Stolt partner. Stolt arbejdsplads. #stolt", "self_praise"),
    dull(
        "Det er lykkedes at reducere omkostningerne med 8 pct. og samtidig øge"
        " markedsandelen.",
        "earnings",
    ),
    lively(
        "Karen fra bogholderiet løb maraton i går. Hun kom ind som nummer 4.112 og fejrede"
        " det som en sejr."
    ),
    lively("Kan man lære en robot at binde en knude? Vi prøvede hele ugen. Svaret er nej."),
    lively(
        "Jeg blev så træt af vores formularer, at jeg tegnede en ny på en serviet. Den bruger"
        " vi nu."
    ),
    lively("For et år siden var jeg bager. Nu står jeg op på samme tid og reparerer vinger."),
    lively("Tak til damen på færgen, som spurgte, om vi ikke bliver kolde. Jo. Hver dag."),
    lively("Det sværeste ved mit job er ikke højden. Det er at gå ned igen, når solen står op."),
    lively(
        "Vores kok har lavet frikadeller efter min farmors opskrift. Hun ville have klaget"
        " over peberet."
    ),
    lively("Første dag efter barsel. Jeg havde glemt min kode, men ikke vejen til kaffen."),
    lively("Hvis I ser en gul hjelm i Limfjorden, er det min."),
    dull(
        "Hospitalet tager nu et nyt og moderne sengeafsnit i brug. Afsnittet er indrettet"
        " efter de seneste standarder og råder over 24 enestuer.",
        "no_person",
    ),
    dull(
        "Banken lancerer en ny app med forbedret brugervenlighed. Appen er tilgængelig i App"
        " Store og Google Play fra i dag.",
        "press_release",
    ),
    dull(
        "Kommunen har vedtaget en ny politik på området, som skal sikre sammenhæng i"
        " indsatsen.",
        "no_person",
    ),
    dull(
        "Vi har i dag offentliggjort vores regnskab for 2030. Toplinjen voksede med 7"
        " procent, og driften leverede et tilfredsstillende resultat.",
        "earnings",
    ),
    dull(
        "Konferencen samlede mere end 300 deltagere fra hele branchen til en dag med"
        " inspirerende oplæg og spændende netværk.",
        "no_person",
    ),
    dull(
        "Vi er certificeret efter ISO 14001 og arbejder systematisk med løbende forbedringer"
        " på tværs af alle lokationer.",
        "self_praise",
    ),
    dull(
        "Endnu en spændende dag på kontoret! Følg med og se, hvad vi laver! Del gerne! #job"
        " #karriere #dreamteam #work #life #happy",
        "shouting",
    ),
    dull(
        "Webinar: Sådan får din virksomhed mest ud af sine data. Tilmeld dig allerede nu:"
        " https://nordlys.example/webinar",
        "no_person",
    ),
    dull("Hos os sætter vi altid kunden i centrum og leverer kvalitet til tiden.", "self_praise"),
    dull(
        "Butikskæden åbner 14 nye butikker i år og forventer at runde 200 butikker inden"
        " udgangen af 2032.",
        "no_person",
    ),
    lively(
        "En patient gav mig sin cykel i går. Han skulle ikke bruge den mere, sagde han, og så"
        " kørte jeg hjem på den."
    ),
    lively("Bogen om fejl ligger i kaffestuen. I dag skrev jeg side 40. Hvad ville du skrive?"),
    lively(
        "Vores app gik ned klokken 02.14. Klokken 02.16 ringede Ali fra sin mors fødselsdag i"
        " Beirut og fik den op igen."
    ),
    lively(
        "Der var 300 til konferencen. Jeg talte med fire af dem, og den ene har jeg tænkt på"
        " siden."
    ),
    lively(
        "Regnskab er kedeligt, siger folk. Så har de ikke set Bente finde 12 øre, der"
        " manglede i tre år."
    ),
    lively(
        "Borgmesteren spurgte, om jeg ville vise rundt. Jeg viste hende kloakken. Det var det"
        " bedste møde længe."
    ),
    lively("Vi skrev 61 sider om vores nye politik. Så bad vi en tiårig læse dem. Nu er der to."),
    lively(
        "Jeg blev ansat, fordi jeg sagde, at deres hjemmeside var grim. Det er fem år siden,"
        " og den er pænere nu."
    ),
]  # fmt: skip

MISJUDGED = [
    "I nat blæste det så meget, at kaffen skvulpede på 100 meters højde.",
    "Pludselig stod der en hest i butikken. Ingen havde øvet det til oplæringen.",
    "Nattevagten lærer en, hvor stille et hus kan være, og hvor højt en kaffemaskine larmer.",
]
"""Lively texts that are called dull, since there is nobody in them that the rules can see."""

MEASURED = [
    dull(
        "Universitetet og erhvervslivet går sammen om et nyt forskningscenter. Centret skal"
        " bidrage til vækst og beskæftigelse i regionen.",
        "no_person",
    ),
    dull(
        "Vi har fornøjelsen af at invitere til åbent hus. Kom og hør om vores ydelser og få"
        " en snak med vores eksperter.",
        "press_release",
    ),
    dull(
        "Fusionen er nu endeligt godkendt af myndighederne, og de to selskaber fortsætter"
        " under fælles navn.",
        "no_person",
    ),
    dull(
        "Vi er en virksomhed i rivende udvikling med stærke værdier og en flad struktur.",
        "self_praise",
    ),
    dull(
        "Ny undersøgelse: 8 ud af 10 danske virksomheder mangler arbejdskraft. Læs analysen"
        " på hjemmesiden.",
        "no_person",
    ),
    dull(
        "2030 blev et godt år for forsikringsselskabet med fremgang i præmieindtægter og en"
        " combined ratio på 84.",
        "earnings",
    ),
    dull(
        "Transport- og logistikbranchen står over for store forandringer. Det kræver"
        " omstillingsparathed og samarbejde.",
        "no_person",
    ),
    dull(
        "Vores medarbejdere er vores vigtigste ressource, og derfor investerer vi i trivsel.",
        "self_praise",
    ),
    dull(
        "Vi søger en dygtig projektleder til vores team i Aarhus. Ansøgningsfrist den 1. maj.",
        "no_person",
    ),
    dull(
        "Tillykke til årets vinder af initiativprisen, som blev overrakt ved årsfesten.",
        "passive",
    ),
    lively(
        "I går glemte jeg, hvad min egen forskning handler om. En gymnasieelev forklarede mig"
        " den."
    ),
    lively("Lastbilen stod stille i ni timer ved Padborg. Chaufføren bag mig havde en guitar med."),
    lively(
        "Vi har ansat en, der aldrig svarer på mails. Hun går over til folk i stedet. Prøv"
        " det."
    ),
    lively(
        "Kunden ville have pengene tilbage. Jeg spurgte hvorfor. To timer senere var vi begge"
        " klogere."
    ),
    lively(
        "Hvornår har du sidst ændret mening på arbejdet? Jeg gjorde det i tirsdags, højt, i"
        " et møde med 40 andre."
    ),
    lively("Der er en skuffe i laboratoriet, som ingen åbner. I dag åbnede Henrik den."),
    lively(
        "Min første kode kørte i tolv sekunder og slettede alt. Det er derfor, jeg i dag"
        " elsker backup."
    ),
    lively(
        "Den bedste kollega, jeg har haft, sagde kun to ting om dagen. Begge var værd at"
        " vente på."
    ),
    lively("Regnen slog hul i teltet midt i min tale. Alle blev stående."),
    lively(
        "Hvis din chef synger i elevatoren, er det så okay at synge med? Jeg spørger for en"
        " ven."
    ),
]  # fmt: skip
"""Written last, from other trades again, and no rule was changed for them: what is measured here is
what can be hoped for."""
