use crate::text::checked_text;
use crate::{Invalid, text};

/// The codes of ISO 3166-1 alpha-2, sorted, one space apart.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// The codes of ISO 4217, sorted, one space apart. Those withdrawn since 2009 are among them, because ledgers
/// outlive currencies.
const CURRENCIES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN \
    BYR BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB \
    EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO \
    MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD \
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SKK SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC \
    XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMK ZMW ZWG ZWL";

macro_rules! code {
    ($(#[$docs:meta])* $name:ident, $letters:literal of $table:ident, $refused:literal) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(&'static str);

        impl $name {
            /// The code, in capitals.
            #[must_use]
            pub fn as_str(&self) -> &'static str {
                self.0
            }

            fn parse(text: &str) -> Result<Self, Invalid> {
                find::<$letters>($table, text).map(Self).ok_or(Invalid::new($refused))
            }
        }

        text::text_traits!($name, Self::parse);
    };
}

code! {
    /// A country, by its ISO 3166-1 alpha-2 code: `SN`.
    Country, 2 of COUNTRIES, "must be a country code of ISO 3166-1, such as `SN`"
}

code! {
    /// A currency, by its ISO 4217 code: `XOF`.
    Currency, 3 of CURRENCIES, "must be a currency code of ISO 4217, such as `XOF`"
}

checked_text! {
    /// A language, as BCP 47 writes it: `fr`, `zh-Hant-TW`. Kept as given; two tags that differ in case differ.
    Language, |tag| {
        if text::matches_scalar(tag, &text::LANGUAGE) && oxilangtag::LanguageTag::parse(tag).is_ok() {
            Ok(())
        } else {
            Err(Invalid::new("must be a language tag of BCP 47, such as `fr` or `zh-Hant-TW`"))
        }
    }
}

/// Looks a code of so many letters up in a table of them.
fn find<const LETTERS: usize>(table: &'static str, code: &str) -> Option<&'static str> {
    let wanted: &[u8; LETTERS] = code.as_bytes().try_into().ok()?;
    let stride = LETTERS + 1;
    let (mut low, mut high) = (0, (table.len() + 1) / stride);
    while low < high {
        let middle = low.midpoint(high);
        let found = table.get(middle * stride..middle * stride + LETTERS)?;
        match found.as_bytes().cmp(wanted) {
            std::cmp::Ordering::Equal => return Some(found),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_tables_is_found() {
        for code in COUNTRIES.split(' ') {
            assert_eq!(code.parse::<Country>().unwrap().as_str(), code);
        }
        for code in CURRENCIES.split(' ') {
            assert_eq!(code.parse::<Currency>().unwrap().as_str(), code);
        }
        assert_eq!(COUNTRIES.split(' ').count(), 249);
    }

    #[test]
    fn codes_outside_the_tables_are_refused() {
        for text in ["", "S", "SNN", "sn", "ZZ", "S ", "D A", "É"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
        for text in ["", "XO", "XOFF", "xof", "ZZZ", "F X"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }

    #[test]
    fn languages_are_tags() {
        for text in ["fr", "wo", "zh-Hant-TW", "en-GB", "sl-rozaj-biske"] {
            assert_eq!(text.parse::<Language>().unwrap().as_str(), text);
        }
        for text in ["", "f", "fr_FR", "french-", "é", "x-private", "fr-FR-"] {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }
}
