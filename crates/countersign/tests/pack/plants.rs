//! One mistake for each code, and where it must be found.

use countersign::pack::code;

/// What is done to a file.
pub(crate) enum Edit {
    Remove,
    Bytes(&'static [u8]),
    Huge,
    Folder,
    Link,
    Holidays,
    /// STORM-SHADOW, which two rows have without a lot, has serial numbers.
    Serial,
    /// The first `old` becomes `new`; the fault stands in the line of `at`.
    Swap {
        old: &'static str,
        new: &'static str,
        at: &'static str,
    },
}

pub(crate) struct Plant {
    pub(crate) code: &'static str,
    pub(crate) file: &'static str,
    pub(crate) edit: Edit,
    /// What the told fault must hold.
    pub(crate) says: &'static str,
    /// How many other faults may follow from it.
    pub(crate) others: usize,
}

const fn whole(code: &'static str, file: &'static str, edit: Edit, says: &'static str) -> Plant {
    Plant { code, file, edit, says, others: 0 }
}

const fn swap(
    code: &'static str,
    file: &'static str,
    old: &'static str,
    new: &'static str,
    at: &'static str,
    says: &'static str,
) -> Plant {
    Plant { code, file, edit: Edit::Swap { old, new, at }, says, others: 0 }
}

const fn and(others: usize, plant: Plant) -> Plant {
    Plant { others, ..plant }
}

const PACK: &str = "pack.toml";
const PEOPLE: &str = "people.toml";
const ITEMS: &str = "items.toml";
const STOCK: &str = "stock.csv";
const EARMARKS: &str = "earmarks.csv";
const ZONES: &str = "zones.geojson";
const VERSIONS: &str = "policy/versions.toml";
const TRIAGE: &str = "triage.toml";
const STORY: &str = "story.toml";

pub(crate) const PLANTS: &[Plant] = &[
    // Files.
    whole(code::FILE_MISSING, ITEMS, Edit::Remove, "add the file"),
    whole(code::FILE_MISSING, PACK, Edit::Remove, "add the file"),
    and(9, whole(code::FILE_MISSING, "policy/v4", Edit::Remove, "missing")),
    whole(code::FILE_UNREADABLE, ZONES, Edit::Folder, "no ordinary file"),
    whole(code::FILE_TOO_LARGE, STOCK, Edit::Huge, "16 MiB"),
    whole(code::FILE_EMPTY, PEOPLE, Edit::Bytes(b" \n\n"), "empty"),
    whole(code::FILE_EMPTY, STOCK, Edit::Bytes(b""), "packs/README.md"),
    whole(code::PATH_OUTSIDE, STOCK, Edit::Link, "symbolic link"),
    whole(code::PATH_OUTSIDE, "policy/v2", Edit::Link, "symbolic link"),
    swap(
        code::PATH_OUTSIDE,
        VERSIONS,
        "\"v3\"\ntitle",
        "\"../../v3\"\ntitle",
        "../../v3",
        "beside",
    ),
    whole(code::NOT_UTF8, STORY, Edit::Bytes(b"founded_at = \"\xff\"\n"), "UTF-8"),
    whole(code::BYTE_ORDER_MARK, PACK, Edit::Bytes(b"\xef\xbb\xbfname = \"x\"\n"), "U+FEFF"),
    // Syntax.
    swap(code::TOML_SYNTAX, PEOPLE, "\"France\"", "France", "= France", "quotes"),
    swap(
        code::TOML_SYNTAX,
        PACK,
        "exercise = true",
        "name = \"x\"\nexercise = true",
        "name = \"x\"",
        "once",
    ),
    swap(
        code::JSON_SYNTAX,
        ZONES,
        "\"title\": \"Russia\"",
        "\"title\": Russia",
        ": Russia",
        "double quotes",
    ),
    swap(code::CSV_ROW, STOCK, ",500,,", ",1,000,,", ",1,000,,", "without separators"),
    swap(code::COLUMN_UNKNOWN, STOCK, "as_of,source", "as_of,note,source", "note", "as_of,source"),
    and(1, swap(code::COLUMN_UNKNOWN, STOCK, "lot,party", "item,party", "item,", "twice")),
    swap(code::COLUMN_MISSING, STOCK, ",standing\n", "\n", "item,lot", "begin the file with"),
    // Figures.
    swap(code::UNIT_UNKNOWN, STOCK, ",500,,", ",5 case,,", ",5 case,,", "not packed by"),
    swap(code::LOT_MISSING, STOCK, ",125,,", ",125,2030-01-01,", ",125,2030", "name the lot"),
    swap(code::LOT_EXPIRED, STOCK, ",500,,", ",500,2024-05-29,", "2024-05-29", "2024-05-30"),
    and(1, whole(code::SERIAL_UNFIT, STOCK, Edit::Serial, "STORM-SHADOW is known by its serial")),
    whole(
        code::EARMARK_DISAGREES,
        EARMARKS,
        Edit::Bytes(
            b"earmark,item,owner,recipient,origin,month,quantity,priority,harm,divertible,source,\
              standing\n\
              EM-1,ERAM,US,UA,contract,2025-10,60,3,,yes,Assumed,assumed\n\
              EM-1,ERAM,US,GB,contract,2025-11,60,3,,yes,Assumed,assumed\n",
        ),
        "disagree on recipient: see line 2",
    ),
    whole(
        code::EARMARK_FOR_OWNER,
        EARMARKS,
        Edit::Bytes(
            b"earmark,item,owner,recipient,origin,month,quantity,priority,harm,divertible,source,\
              standing\n\
              EM-1,ERAM,US,US,contract,2025-10,60,3,,yes,Assumed,assumed\n",
        ),
        "promises itself",
    ),
    whole(
        code::SPANS_OVERLAP,
        "requirements.csv",
        Edit::Bytes(
            b"item,party,component,quantity,from,until,source,standing\n\
              ERAM,US,plans,60,2025-01-01,,Assumed,assumed\n\
              ERAM,US,plans,70,2026-01-01,,Assumed,assumed\n",
        ),
        "in line 2 and in line 3",
    ),
    // Tables.
    swap(code::KEY_UNKNOWN, PEOPLE, "quorum = 2", "quorums = 2", "quorums", "quorum"),
    swap(
        code::KEY_UNKNOWN,
        STORY,
        "do = \"observe\"",
        "do = \"observe\"\noffice = \"US.IG\"",
        "office = \"US.IG\"",
        "remove it",
    ),
    swap(
        code::KEY_MISSING,
        ITEMS,
        "class = \"red\"\n",
        "",
        "[[item]]\nid = \"PATRIOT",
        "add class",
    ),
    swap(
        code::VALUE_KIND,
        PEOPLE,
        "personal = true",
        "personal = \"yes\"",
        "\"yes\"",
        "true or false",
    ),
    swap(code::TEXT_UNFIT, PEOPLE, "\"Ukraine\"", "\"Ukra\u{202E}ine\"", "\u{202E}", "U+202E"),
    swap(code::TEXT_UNFIT, ITEMS, "\"Flamingo\"", "\"Flam\\u0007ingo\"", "\\u0007", "U+0007"),
    swap(code::TEXT_UNFIT, STOCK, "Assumed for", "Assumed\u{200B} for", "\u{200B}", "U+200B"),
    swap(
        code::WORD_UNFIT,
        ITEMS,
        "standing = \"official\"",
        "standing = \"certain\"",
        "certain",
        "reported, official",
    ),
    swap(code::WORD_UNFIT, STOCK, "on-hand,500", "in-store,500", "in-store", "on-hand"),
    and(
        1,
        swap(
            code::RULE_UNFIT,
            TRIAGE,
            "enter = \"40 %\"",
            "enter = \"90 %\"",
            "enter = \"90 %\"",
            "begin beyond",
        ),
    ),
    swap(code::WORD_UNFIT, STORY, "do = \"replay\"", "do = \"rewind\"", "rewind", "divert"),
    swap(
        code::WORD_UNFIT,
        VERSIONS,
        "divert = \"US.SecDef\"",
        "diverts = \"US.SecDef\"",
        "diverts",
        "divert",
    ),
    swap(
        code::WORD_UNFIT,
        PACK,
        "\"countersign.example",
        "\"https://countersign.example",
        "https",
        "without scheme",
    ),
    // Dates and numbers.
    swap(
        code::DATE_UNFIT,
        PEOPLE,
        "from = 2024-05-30",
        "from = 2024-02-31",
        "2024-02-31",
        "2025-06-01T12:00:00Z",
    ),
    swap(code::DATE_UNFIT, VERSIONS, "\"2024-06-20\"", "\"20 June 2024\"", "20 June", "2025-06-01"),
    swap(
        code::DATE_UNFIT,
        STORY,
        "at = 2024-07-08T09:00:00Z",
        "at = 2024-07-08T09:00:00+02:00",
        "+02:00",
        "12:00:00Z",
    ),
    swap(
        code::DATE_UNFIT,
        STOCK,
        "1000,,2024-05-30",
        "1000,,30.05.2024",
        "30.05.2024",
        "2025-06-01",
    ),
    swap(
        code::SPAN_EMPTY,
        STORY,
        "until = 2024-07-10 }",
        "until = 2024-06-10 }",
        "until = 2024-06-10 }",
        "not after it begins",
    ),
    swap(
        code::SPAN_EMPTY,
        PEOPLE,
        "person = \"P-9B3C\"\nfrom = 2024-05-30",
        "person = \"P-9B3C\"\nfrom = 2024-05-30\nuntil = 2024-05-30",
        "[[term]]\noffice = \"US.IG\"",
        "the first moment after the term",
    ),
    swap(code::NUMBER_UNFIT, PEOPLE, "quorum = 2", "quorum = 10", "quorum = 10", "from 1 to 9"),
    swap(code::QUANTITY_UNFIT, STORY, "quantity = 30", "quantity = 2.5", "2.5", "digits only"),
    swap(
        code::QUANTITY_UNFIT,
        ITEMS,
        "units = 125",
        "units = 1000000000000000000",
        "units = 1000000000000000000",
        "10^12",
    ),
    // Ids and references.
    and(
        5,
        swap(
            code::ID_TWICE,
            PEOPLE,
            "id = \"P-3M9D\"",
            "id = \"P-7K2A\"",
            "id = \"P-7K2A\"\nparty = \"US\"\nname = \"Official B\"",
            "in line",
        ),
    ),
    and(
        1,
        swap(
            code::ID_TWICE,
            ZONES,
            "\"id\": \"UA.East\"",
            "\"id\": \"UA\"",
            "{\"id\": \"UA\", \"title\": \"The east",
            "zone UA is given twice: in line",
        ),
    ),
    swap(
        code::ID_TWICE,
        STOCK,
        "BLOCK-IA,",
        "BLOCK-I,",
        "BLOCK-I,UA,UA.Depot-1,on-hand,500",
        "stand in line 2 and in line 3",
    ),
    swap(
        code::ID_TWICE,
        ZONES,
        "{\"id\": \"UA\"",
        "{\"id\": \"RU\", \"id\": \"UA\"",
        "\"id\": \"RU\", \"id\"",
        "keep one",
    ),
    swap(
        code::REFERENCE_DANGLING,
        PEOPLE,
        "office = \"US.IG\"",
        "office = \"US.IGX\"",
        "US.IGX",
        "declared are",
    ),
    swap(
        code::REFERENCE_DANGLING,
        PEOPLE,
        "person = \"P-9B3C\"",
        "person = \"P-XXXX\"",
        "P-XXXX",
        "people.toml",
    ),
    swap(
        code::REFERENCE_DANGLING,
        ITEMS,
        "inputs = [\"us-components\"]",
        "inputs = [\"us-data\"]",
        "us-data",
        "us-targeting-data",
    ),
    swap(code::REFERENCE_DANGLING, ITEMS, "origin = \"GB\"", "origin = \"UK\"", "\"UK\"", "GB"),
    swap(code::REFERENCE_DANGLING, STOCK, "SCALP-EG,,UA", "SCALP,,UA", "SCALP,,UA", "SCALP-EG"),
    swap(code::REFERENCE_DANGLING, STOCK, "GB.Depot-1", "GB.Depot-9", "GB.Depot-9", "GB.Depot-1"),
    swap(
        code::REFERENCE_DANGLING,
        ZONES,
        "\"within\": \"UA\"",
        "\"within\": \"UKR\"",
        "UKR",
        "zones.geojson",
    ),
    swap(
        code::REFERENCE_DANGLING,
        VERSIONS,
        "use = \"US.SACEUR\"",
        "use = \"US.EUCOM\"",
        "US.EUCOM",
        "US.SACEUR",
    ),
    swap(
        code::REFERENCE_DANGLING,
        VERSIONS,
        "[version.deciding.FR]",
        "[version.deciding.FRA]",
        "deciding.FRA]",
        "party FRA",
    ),
    swap(
        code::REFERENCE_DANGLING,
        STORY,
        "zones = [\"RU.Kursk\"]",
        "zones = [\"RU.Nowhere\"]",
        "RU.Nowhere",
        "RU.Kursk",
    ),
    swap(
        code::REFERENCE_DANGLING,
        STORY,
        "request = \"eram-use\"\nstate",
        "request = \"eram\"\nstate",
        "request = \"eram\"\nstate",
        "eram-use",
    ),
    swap(
        code::REFERENCE_DANGLING,
        STORY,
        "founders = [\"P-9Y2D\"",
        "founders = [\"P-0000\", \"P-9Y2D\"",
        "P-0000",
        "person P-0000",
    ),
    swap(
        code::CYCLE,
        ITEMS,
        "title = \"US components\"",
        "title = \"US components\"\nneeds = [\"us-components\"]",
        "needs = ",
        "break the circle",
    ),
    and(
        4,
        swap(
            code::CYCLE,
            ZONES,
            "\"title\": \"Russia\"",
            "\"title\": \"Russia\", \"within\": \"RU.Border.Kharkiv\"",
            "\"within\": \"RU.Border.Kharkiv\"",
            "break the circle",
        ),
    ),
    swap(
        code::OFFICE_IMPOSSIBLE,
        PEOPLE,
        "personal = true",
        "personal = true\nquorum = 2",
        "[[office]]",
        "quorum is 1",
    ),
    swap(
        code::TERMS_OVERLAP,
        PEOPLE,
        "office = \"US.USDP\"\nperson",
        "office = \"US.SecDef\"\nperson",
        "[[term]]\noffice = \"US.SecDef\"\nperson = \"P-3M9D\"",
        "end one term",
    ),
    swap(
        code::PUBLIC_KEY_UNFIT,
        PEOPLE,
        "name = \"Official A\"",
        "name = \"Official A\"\npublic_key = \"ssh-ed25519 AAAA\"\nkey_expires_on = 2030-01-01",
        "public_key",
        ".pub file",
    ),
    swap(
        code::PLACE_OF_ANOTHER,
        STOCK,
        "GB,GB.Depot-1",
        "GB,FR.Depot-1",
        "GB,FR.Depot-1",
        "run by FR",
    ),
    swap(code::OUTLINE_UNFIT, ZONES, "[[5, 20]", "[[5, 21]", "[[5, 21]", "not closed"),
    swap(code::OUTLINE_UNFIT, ZONES, "[95, 5]", "[95, 500]", "[95, 500]", "from 0 to 100"),
    swap(code::OUTLINE_UNFIT, ZONES, "[95, 5]", "[95, \"5\"]", "[95, \"5\"]", "plane"),
    swap(code::WORD_UNFIT, ZONES, "\"Polygon\"", "\"Point\"", "\"Point\"", "Polygon"),
    and(
        2,
        swap(
            code::ORDER_WRONG,
            VERSIONS,
            "\"2024-06-20\"",
            "\"2024-05-30\"",
            "[[version]]\nversion = \"v2\"",
            "oldest first",
        ),
    ),
    swap(
        code::ORDER_WRONG,
        STORY,
        "at = 2024-07-08T09:00:00Z",
        "at = 2024-06-08T09:00:00Z",
        "at = 2024-06-08T09:00:00Z",
        "in the order",
    ),
    swap(
        code::WORD_UNFIT,
        PACK,
        "\"http://localhost:8600\"",
        "\"http://localhost:8600/desk\"",
        "origins =",
        "without a path",
    ),
    swap(
        code::WORD_UNFIT,
        PACK,
        "\"ssh:\", \"localhost\"",
        "\"ssh:\", \"local host\"",
        "applications =",
        "domain name",
    ),
    swap(
        code::ID_TWICE,
        PACK,
        "\"ssh:\", \"localhost\"",
        "\"ssh:\", \"ssh:\"",
        "applications =",
        "remove one",
    ),
    swap(
        code::ORDER_WRONG,
        PACK,
        "remind_after = 5",
        "remind_after = 9",
        "[calendar]",
        "remind_after ≤",
    ),
    swap(
        code::ACT_UNFIT,
        STORY,
        "request = \"kursk\"\nquantity",
        "request = \"kursk-under-v2\"\nquantity",
        "request = \"kursk-under-v2\"\nquantity",
        "is refused in line",
    ),
    swap(
        code::ACT_UNFIT,
        STORY,
        "by = \"P-2H6N\"\nrequest = \"kursk-under-v4\"\nexpect",
        "by = \"P-3M9D\"\nrequest = \"kursk-under-v4\"\nexpect",
        "[[act]]\nat = 2025-06-05T10:05:00Z",
        "decided nothing",
    ),
    swap(
        code::ACT_UNFIT,
        STORY,
        "founders = [\"P-9Y2D\", \"P-5T7L\"]",
        "founders = [\"P-9Y2D\"]",
        "# A walk",
        "2 founders",
    ),
    swap(
        code::ACT_UNFIT,
        STORY,
        "at = 2024-11-11T09",
        "at = 2024-11-18T09",
        "[[act]]\nat = 2024-11-18T09",
        "before it is published",
    ),
    swap(
        code::REJECTION_UNKNOWN,
        STORY,
        "expect = \"people/term-ended\"",
        "expect = \"people/term-over\"",
        "people/term-over",
        "code of a rejection",
    ),
    whole(code::CHARTER_UNFIT, PACK, Edit::Holidays, "4,000 holidays"),
    // What the checks of a policy version find.
    swap(
        "policy-syntax",
        "policy/v3/use.cedar",
        "when { context.zones.contains(Zone::\"UA\") };",
        "when { context.zones.contains(Zone::\"UA\" };",
        "Zone::\"UA\" };",
        "v3: ",
    ),
    swap(
        "policy-unknown-literal",
        "policy/v1/use.cedar",
        "Zone::\"RU.Border.Kharkiv\"",
        "Zone::\"RU.Border.Kharkov\"",
        "@id(\"use-in-russia-us-limited\")",
        "Kharkov",
    ),
    swap(
        "policy-deciding-foreign-office",
        VERSIONS,
        "use = \"GB.MoD\"",
        "use = \"FR.MinArm\"",
        "[[version]]\nversion = \"v1\"",
        "office of FR",
    ),
    swap(
        "policy-deciding-missing",
        VERSIONS,
        "use = \"GB.MoD\"\n",
        "",
        "[[version]]\nversion = \"v1\"",
        "GB",
    ),
    swap(
        "policy-data-shape",
        VERSIONS,
        "folder = \"v5\"",
        "folder = \"v5\"\ndata_shape = 9",
        "[[version]]\nversion = \"v5\"",
        "data shape 9",
    ),
    swap(
        "policy-deciding-missing",
        VERSIONS,
        "[version.deciding.UA]\nuse = \"UA.GenStaff\"\ndeliver = \"UA.GenStaff\"\n\
         transfer = \"UA.GenStaff\"\ndivert = \"UA.GenStaff\"\noverride = \"UA.GenStaff\"\n",
        "",
        "[[version]]\nversion = \"v1\"",
        "items come from UA",
    ),
    swap(
        code::REFERENCE_DANGLING,
        VERSIONS,
        "properties = [\"divert-only-red\"",
        "properties = [\"divert-only-rad\"",
        "properties = [\"divert-only-rad\"",
        "policy/properties/divert-only-rad.cedar",
    ),
    and(
        4,
        swap(
            "policy-promise-missing",
            "policy/properties/divert-only-red.cedar",
            "@promise(\"Nothing is diverted unless its class is red.\")\n",
            "",
            "// Promised by every version.",
            "does not say what it promises",
        ),
    ),
];
