"""Words that company names are made of, by the patterns of public registers, and what card feeds put around them."""

SURNAMES = """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker
Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter
Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood
James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Müller
Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Dupont Lefèvre Moreau Girard Rossi Russo Ferrari
Bianchi Esposito Kowalski Nowak Wiśniewski Novák Svoboda Jensen Nielsen Hansen Andersen Johansson Karlsson Nilsson
Virtanen Korhonen Silva Santos Ferreira Pereira Yılmaz Tanaka Suzuki Watanabe Chen Wang Zhang Singh Kumar Sharma
""".split()
TRADES = """Plumbing|Electric|Roofing|Landscaping|Catering|Consulting|Software|Logistics|Freight|Printing|Signs|Design
Media|Marketing|Legal|Accounting|Staffing|Security|Cleaning|Janitorial|Construction|Builders|Flooring|Painting|Heating
Dental|Medical Supply|Pharmacy|Bakery|Coffee|Coffee Roasters|Bistro|Grill|Kitchen|Pizza|Brewing|Wine Bar|Cafe|Market
Auto Repair|Auto Parts|Tire Center|Car Wash|Towing|Rentals|Storage|Moving|Couriers|Travel|Hotel|Inn & Suites|Airways
Office Supply|Furniture|Hardware|Lumber|Tools|Machine Shop|Welding|Packaging|Plastics|Chemicals|Labs|Robotics|Analytics
Networks|Telecom|Hosting|Data Systems|Cloud Services|Studios|Photography|Video Productions|Events|Florist|Gardens|Farms
Fitness|Yoga|Golf Club|Sports|Outfitters|Books|Music|Toys|Jewelers|Optical|Veterinary Clinic|Insurance|Capital|Realty
Property Management|Engineering|Architects|Surveyors|Environmental|Energy|Solar|Water Systems
Waste Management""".replace("\n", "|").split("|")
ADJECTIVES = """Blue Red Golden Silver Green Black White Bright Summit Alpine Coastal Pacific Atlantic Northern Southern
Eastern Western Central Metro Urban Rural Liberty Heritage Pioneer Frontier Premier Prime First Royal Imperial Noble
Rapid Swift Steady Solid Iron Copper Crystal Sunny Misty Quiet Wild Happy Lucky Modern Classic United Allied""".split()
NOUNS = """Heron Falcon Eagle Wolf Bear Fox Otter Salmon Oak Maple Pine Cedar Willow River Lake Ridge Valley Canyon
Harbor Bridge Anchor Compass Lantern Arrow Hammer Anvil Beacon Tower Castle Mill Barn Orchard Meadow Prairie Mesa Coral
Comet Orbit Nova Pixel Vector Matrix Quantum Signal Circuit""".split()
SYLLABLES = """ac al ar bel bri cal cor dan del dor el en fal fin gal gen hel in jo kal kor lan lor mar mel nex nor
om or pal per qui ral ren sal sol tal tor ul van vel vin wes xen yor zan zel zen""".split()
CITIES = ["AUSTIN TX", "SAN FRANCISCO CA", "NEW YORK NY", "SEATTLE WA", "CHICAGO IL", "DENVER CO", "BROOKLYN NY",
          "LOS ANGELES CA", "MIAMI FL", "BOSTON MA", "ATLANTA GA", "PORTLAND OR", "LONDON GB", "BERLIN DE",
          "TORONTO ON", "Springfield IL", "Bend OR", "Naperville IL", "Ann Arbor MI", "Eugene OR"]  # fmt: skip
FORMS = ["Inc.", "LLC", "Ltd.", "Corp.", "Co.", "L.P.", "GmbH", "AG", "S.A.", "SARL", "B.V.", "Pty Ltd", "Sp. z o.o.",
         "S.r.l.", "AB", "Oy", "A/S", ""]  # fmt: skip
PREFIXES = ["SQ *", "TST* ", "PAYPAL *", "SP ", "PY *", "IN *", "STRIPE* ", "POS DEBIT ", "CKO*", "FS *", "SUMUP *"]
