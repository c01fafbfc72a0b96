"""What card feeds and company registers put around a name: processors, legal forms, places. Plain lists, no logic.

Sources: the prefixes that payment processors document for their soft descriptors (Square, Toast, PayPal, Stripe and
others), the legal forms of company registers, the state codes of the US post, ISO 3166 country codes, and the most
frequent cities on card statements.
"""

from typing import Final

# Before a `*`: who moved the money, not who earned it.
PROCESSORS: Final = frozenset(
    "2co act bkg bt ccb ckg cko crd dd dri eb ebanx ezc fh fs fsp gg gumrd hlu ic in iz izettle klarna lm ls mc mollie "
    "nya ntl olo paddle paypal payu pg pp ppl py rvt smk sp spo sq square stripe sumup tcb tst ubl wpy xsolla zettle "
    "ztl adyen afterpay affirm clover braintree shopify toast worldpay".split()
)

# Words of the card networks and banks at the beginning of a descriptor.
BANK_WORDS: Final = frozenset(
    "ach autopay card checkcard contactless credit debit ecomm ecommerce online payment pmt pos preauth prepaid "
    "purchase recurring retail sp visa mastercard amex withdrawal bill billpay authorized on".split()
)

# Legal forms after a name, as they come out of folding (no points, single letters joined).
LEGAL_FORMS: Final = frozenset(
    # English
    "inc incorporated corp corporation co company llc lc llp lp ltd limited plc pllc pc pa pbc lllp gp cic cio trust "
    "unlimited ulc dac clg "
    # German, Dutch, Nordic, Baltic
    "gmbh mbh ag kg kgaa ohg gbr ug ev eg se cokg haftungsbeschrankt bv nv vof cv ab aktiebolag hb as asa ans da "
    "aps ks oy oyj tmi ou uab sia ehf hf "
    # Romance
    "sa sas sasu sarl eurl snc sci scop sl slu slne sc scp srl srls spa sapa sns ss lda ltda unipessoal eireli me "
    "sab sapi cv rl "
    # Eastern Europe
    "sp zoo spzoo spk spj sro vos ks kft zrt nyrt bt doo dd ad eood ood ead jsc pjsc ooo oao zao pao tov "
    # Asia, Pacific, Middle East, Africa
    "kk kabushiki kaisha gk yk pty pvt private pte bhd sdn pt tbk cvba tnhh jsc fze fzco fzllc wll bsc saoc "
    "proprietary nl rf".split()
)

STATES: Final = frozenset(
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa "
    "ri sc sd tn tx ut vt va wa wv wi wy dc pr on qc bc ab mb sk ns nb nl pe".split()
)

COUNTRIES: Final = frozenset(
    "us usa gb gbr uk de deu fr fra nl nld ie irl it ita es esp pt prt ch che at aut be bel dk dnk se swe no nor fi "
    "fin pl pol cz cze hu hun ro rou gr grc ca can mx mex br bra ar arg cl chl co col pe per au aus nz nzl jp jpn cn "
    "chn hk hkg sg sgp in ind kr kor tw twn th tha my mys id idn ph phl vn vnm il isr ae are sa sau za zaf lu lux "
    "ee est lv lva lt ltu is isl".split()
)

# Folded; where a name of several words ends with a shorter one, the longer one is tried first.
CITIES: Final = frozenset(
    """new york|brooklyn|bronx|queens|manhattan|staten island|los angeles|chicago|houston|phoenix|philadelphia
    san antonio|san diego|dallas|san jose|austin|jacksonville|fort worth|ft worth|columbus|charlotte|indianapolis
    san francisco|s san francisco|south san francisco|seattle|denver|washington|boston|el paso|nashville|detroit
    oklahoma city|portland|las vegas|memphis|louisville|baltimore|milwaukee|albuquerque|tucson|fresno|sacramento
    kansas city|mesa|atlanta|omaha|colorado springs|raleigh|miami|miami beach|long beach|virginia beach|oakland
    minneapolis|tulsa|tampa|arlington|new orleans|wichita|cleveland|bakersfield|aurora|anaheim|honolulu|santa ana
    riverside|corpus christi|lexington|stockton|henderson|saint paul|st paul|st louis|saint louis|cincinnati
    pittsburgh|greensboro|anchorage|plano|lincoln|orlando|irvine|newark|toledo|durham|chula vista|fort wayne
    jersey city|st petersburg|laredo|madison|chandler|buffalo|lubbock|scottsdale|reno|glendale|gilbert
    winston salem|north las vegas|norfolk|chesapeake|garland|irving|hialeah|richmond|boise|spokane|baton rouge
    tacoma|san bernardino|modesto|fontana|des moines|salt lake city|yonkers|rochester|little rock|amarillo|grand rapids
    palo alto|mountain view|menlo park|redwood city|sunnyvale|santa clara|cupertino|berkeley|fremont|bellevue|redmond
    cambridge|somerville|brookline|hoboken|santa monica|beverly hills|west hollywood|culver city|pasadena|burbank
    boulder|fort lauderdale|ft lauderdale|st augustine|hartford|providence|birmingham|charleston|savannah|chattanooga
    knoxville|wilmington|dover|santa fe|el segundo|san mateo|burlingame|millbrae|emeryville|walnut creek
    toronto|montreal|vancouver|ottawa|calgary|edmonton|winnipeg|quebec|london|manchester|leeds|glasgow|edinburgh
    bristol|dublin|cork|paris|lyon|marseille|berlin|munich|munchen|hamburg|frankfurt|koln|cologne|dusseldorf|stuttgart
    vienna|wien|zurich|geneva|geneve|basel|amsterdam|rotterdam|utrecht|the hague|brussels|bruxelles|antwerp|luxembourg
    madrid|barcelona|valencia|sevilla|lisbon|lisboa|porto|rome|roma|milan|milano|turin|torino|copenhagen|kobenhavn
    stockholm|goteborg|oslo|bergen|helsinki|tallinn|riga|vilnius|warsaw|warszawa|krakow|prague|praha|budapest|bucharest
    athens|istanbul|tel aviv|dubai|abu dhabi|riyadh|cairo|johannesburg|cape town|nairobi|lagos|mumbai|delhi|new delhi
    bangalore|bengaluru|hyderabad|chennai|singapore|hong kong|tokyo|osaka|kyoto|seoul|beijing|shanghai|shenzhen|taipei
    bangkok|jakarta|manila|kuala lumpur|ho chi minh|sydney|melbourne|brisbane|perth|auckland|wellington|mexico city
    guadalajara|monterrey|bogota|medellin|lima|santiago|buenos aires|sao paulo|rio de janeiro""".replace(
        "\n", "|"
    ).replace("    ", "").split("|")
)

# Letters that Unicode does not take apart, and two scripts that card feeds write in Latin letters anyway.
LETTERS: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
    | dict(zip("абвгдезийклмнопрстуфыэіїєґ", "abvgdezijklmnoprstufyeiieg", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya",
       "ё": "e", "ў": "u"}
    | dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True))
    | {"θ": "th", "χ": "ch", "ψ": "ps"}
)  # fmt: skip
